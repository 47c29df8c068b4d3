import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noticeFileChannel } from '../../../activities/adapters/notify/notice-file-channel.ts';
import type { NextWindow } from '../../../workflows/contracts/window-plan.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { appDown } from '../../support/fake-host.ts';
import {
  type Behaviour,
  fails,
  fencedOffSince,
  gives,
  type Script,
  type ScriptedRun,
  ScriptedRuns,
} from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const SAYS = 'Sun 2026-12-06 02:00 to 04:00 (Europe/Paris)';

const opensIn =
  (seconds: number): Behaviour =>
  async () => {
    const opensAt = Date.now() + seconds * 1000;
    const closesAt = opensAt + 7_200_000;
    return { answer: { opensAt, closesAt, noticeSeconds: 86_400, says: SAYS } satisfies NextWindow };
  };

async function window(script: Script, input: object): Promise<ScriptedRun> {
  const run = await runs.start(world, 'plannedMaintenance', script, { watchSeconds: 1, ...input });
  await run.asks('approve-plan');
  return run;
}

async function approved(script: Script, input: object): Promise<ScriptedRun> {
  const run = await window(script, input);
  await run.says('approve');
  return run;
}

const nextWindow = (script: Script = {}) =>
  approved({ findNextWindow: opensIn(1), ...script }, { when: 'next-window' });

interface Told {
  readonly audience?: string;
  readonly key: string;
  readonly subject: string;
  readonly text: string;
  readonly after?: readonly string[];
}

const isTold = (input: unknown): input is Told =>
  typeof input === 'object' && input !== null && 'key' in input && 'subject' in input;

/** What users were told, dry runs left out: those only say what is left to a person. */
const toUsers = ({ calls }: ScriptedRun) =>
  calls.flatMap(({ activity, input, ticket }) =>
    activity === 'announce' && isTold(input) && input.audience === 'users' && ticket?.dryRun === false
      ? [input]
      : [],
  );
const keysOf = (run: ScriptedRun) => toUsers(run).map(({ key }) => key);

/** What the proxy would serve after all that users were told. */
async function noticeAfter(run: ScriptedRun): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fdts-ops-notice-'));
  try {
    const file = join(folder, 'notice.json');
    const { send } = noticeFileChannel('notice file', file);
    for (const { key: kind, subject, text } of toUsers(run))
      await send({ runId: 'r', kind, subject, text }, 1000);
    const { kind, subject, text } = JSON.parse(readFileSync(file, 'utf8'));
    return `${kind}: ${subject}. ${text}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const OVER = 'announcement-end: maintenance is over. FDTS serves again.';
const bad = gives({
  checks: [{ name: 'the app answers through the proxy', status: 'fail', expected: '2xx', got: '502' }],
});
const changed = gives({ changed: true });

/** Many runs at a time, on a machine that has other work too. */
const PATIENT = { timeout: 60_000 };

describe.concurrent('users whom a window was announced to', PATIENT, () => {
  it('hear that it begins, before anything is stopped, and at the end that it is over', async () => {
    const run = await nextWindow();
    expect((await run.end()).report.outcome).toBe('completed');
    expect(keysOf(run)).toEqual(['announcement-start', 'announcement-opening', 'announcement-end']);
    const steps = run.calls.map(({ ticket }) => ticket?.step);
    expect(steps.indexOf('announce-opening')).toBeLessThan(steps.indexOf('stop-services'));
    expect(steps.lastIndexOf('announce-end')).toBeGreaterThan(steps.indexOf('cut-over'));
    expect(await noticeAfter(run)).toBe(OVER);
  });

  it('hear that it is off when it is taken back before the cut-over', async () => {
    const run = await nextWindow({ 'smoke-test': fails() });
    expect((await run.end()).report.outcome).toBe('rolled-back');
    expect(keysOf(run)).toEqual(['announcement-start', 'announcement-opening', 'announcement-off']);
    expect(await noticeAfter(run)).toBe(
      `announcement-off: no more maintenance on ${SAYS}. FDTS runs as before.`,
    );
  });

  it('hear that it is off, and never that it begins, when it is aborted in its sleep', async () => {
    const run = await approved({ findNextWindow: opensIn(86_400) }, { when: 'next-window' });
    await expect
      .poll(async () => {
        const { steps } = await run.handle.query(progressQuery);
        return steps.find(({ id }) => id === 'wait-for-window')?.status;
      })
      .toBe('waiting');
    await run.says('abort');
    expect((await run.end()).report.outcome).toBe('aborted');
    expect(keysOf(run)).toEqual(['announcement-start', 'announcement-off']);
    expect(await noticeAfter(run)).toContain('no more maintenance');
  });

  it('hear that it is over when the images go back after the cut-over, once they did', async () => {
    const run = await nextWindow({ checkServing: bad });
    expect((await run.end()).report.outcome).toBe('rolled-back');
    expect(keysOf(run)).toEqual(['announcement-start', 'announcement-opening', 'announcement-end']);
    expect(await noticeAfter(run)).toBe(OVER);
    const done = run.calls.map(({ activity }) => activity);
    expect(done.indexOf('goBackToImages')).toBeGreaterThan(0);
    expect(done.indexOf('announce', done.indexOf('goBackToImages'))).toBeGreaterThan(0);
  });

  it('hear that it is over, and no promise, when a person decides about a version that lets them in', async () => {
    const run = await nextWindow({ checkServing: bad, compareSchema: changed });
    expect((await run.end()).report.outcome).toBe('attention-needed');
    expect(await noticeAfter(run)).toMatch(
      /^announcement-end: maintenance is over\. Not everything may work yet/,
    );
  });

  it('hear that it takes longer when a person decides while they are shut out', async () => {
    const script = { 'cut-over': fails('NOT_UP'), checkServing: bad, compareSchema: changed };
    const run = await nextWindow(script);
    expect((await run.end()).report.because).toMatch(/^USERS ARE SHUT OUT/);
    expect(await noticeAfter(run)).toBe('announcement-late: maintenance takes longer. FDTS is still away.');
  });

  it.each([
    ['a rollback that needs a person', { 'smoke-test': fails(), 'undo:stop-services': fails() }],
    ['somebody who took the host', { 'smoke-test': fencedOffSince({ endedAs: 'rolled-back' }) }],
  ])('hear nothing that nobody knows: %s', async (_, script) => {
    const run = await nextWindow(script);
    await run.end();
    expect(keysOf(run)).toEqual(['announcement-start', 'announcement-opening']);
  });

  it('who cannot be told hold up nothing, and the report says so', async () => {
    const dead = gives({ channels: 'file sent, webhook to users 1 failed: it did not answer' });
    const run = await nextWindow({ 'announce-start': dead, 'announce-opening': dead, 'announce-end': dead });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(report.because).toMatch(/not proven: .*people were told/);
  });
});

describe.concurrent('users of a window that opens now', PATIENT, () => {
  it.each([
    ['good', {}, 'completed', ['announcement-opening', 'announcement-end'], OVER],
    [
      'taken back',
      { 'smoke-test': fails() },
      'rolled-back',
      ['announcement-opening', 'announcement-off'],
      'announcement-off: the maintenance is off. FDTS runs as before.',
    ],
  ] as const)(
    'hear its start once it is approved, and its end: %s',
    async (_, script, outcome, keys, notice) => {
      const run = await approved(script, {});
      expect((await run.end()).report.outcome).toBe(outcome);
      expect(keysOf(run)).toEqual(keys);
      expect(await noticeAfter(run)).toBe(notice);
    },
  );

  it('hear nothing of one that nobody approved', async () => {
    const run = await window({}, {});
    await run.says('abort');
    expect((await run.end()).report.outcome).toBe('rejected');
    expect(toUsers(run)).toEqual([]);
  });
});

describe.concurrent('users who heard that a maintenance takes longer hear that FDTS serves', PATIENT, () => {
  const told = [expect.objectContaining({ key: 'announcement-end', after: ['announcement-late'] })];

  it('after the rollback', async () => {
    const run = await runs.start(world, 'rollbackMaintenance', {}, { watchSeconds: 1 });
    await run.asks('approve-rollback');
    await run.says('approve');
    await run.end();
    expect(toUsers(run)).toEqual(told);
  });

  it.each([
    ['is mended', {}, told],
    ['was mended by hand', { status: gives({ ...appDown, isServing: true }) }, told],
    ['is still down', { checkServing: bad }, []],
  ] as const)('when applicationDown was started and FDTS %s', async (_, script, expected) => {
    const run = await runs.start(world, 'applicationDown', script);
    await run.end();
    expect(toUsers(run)).toEqual(expected);
  });
});
