import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { explainFailure } from '../../../activities/adapters/data-owner/files/explain-failure.ts';
import { listBackups } from '../../../activities/adapters/data-owner/operations/list-backups.ts';
import type { Host } from '../../../activities/host.ts';
import { lookReads } from '../../../activities/watch/host-looks.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { call, journalSite, run, ticket, undo, what } from '../journal/support/journal-site.ts';

const example = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
const config = { ...example, accessLog: { ...example.accessLog, file: '/dev/null' } };
const running = (service: string, id = `${service}-1`) => ({ id, service, state: 'running' });

/** A made-up host on which one look finds these containers, with so many percent of 1000 bytes, one after the other. */
function host(memory: readonly Readonly<Record<string, number>>[]): Host {
  let measured = 0;
  const docker = {
    projectContainers: async () => {
      measured += 1;
      return Object.keys(memory[measured - 1] ?? {}).map((service) => running(service));
    },
    containerStats: async (id: string) => ({
      cpuPercent: 1,
      memoryBytes: (memory[measured - 1]?.[id.replace('-1', '')] ?? 0) * 10,
    }),
    containerState: async () => ({ memoryLimitBytes: 1000, wasOutOfMemory: false, restarts: 0 }),
  };
  const app = { checkHealth: async () => ({ ok: true, status: 200 }) };
  const data = { listBackups: async () => [] };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a look uses these alone
  return { config, docker, app, data } as unknown as Host;
}

const context = { stamp: 'watch', signal: new AbortController().signal, progress: () => undefined };
const lookAt = (site: Host, seconds: number, { journal } = journalSite()) =>
  lookReads(site, journal).lookAtHost(context, { seconds, freeSeconds: null });

/** The same host with something otherwise than usual. */
const hostWith = (other: Readonly<Record<string, unknown>>): Host => ({ ...host([]), ...other });
const isDown = async () => ({ ok: false, status: 502, problem: 'the proxy answered 502' });
const namesOf = ({ signals }: { signals: readonly { name: string }[] }) => signals.map(({ name }) => name);

describe('what cannot be measured is told by itself, and hides nothing else:', () => {
  it('an access log that is not there', async () => {
    const accessLog = { ...config.accessLog, file: '/nowhere/access.log' };
    const look = await lookAt(
      hostWith({ config: { ...config, accessLog }, app: { checkHealth: isDown } }),
      1,
    );
    expect(look.unmeasured).toEqual([
      {
        name: 'error rate',
        because: expect.stringMatching(/\/nowhere\/access\.log.*Correct accessLog\.file/),
      },
    ]);
    expect(namesOf(look)).toEqual(['app down', 'recent backup']);
    expect(look.signals[0]).toMatchObject({ got: 'the proxy answered 502', answer: 'applicationDown' });
    expect(look.signals[0]?.wrongSeconds).toBeGreaterThan(0.5);
  });

  it('an engine that does not answer', async () => {
    const docker = { projectContainers: () => Promise.reject(new Error('connect ECONNREFUSED')) };
    const look = await lookAt(hostWith({ docker }), 1);
    expect(look.unmeasured).toEqual([{ name: 'memory', because: 'connect ECONNREFUSED' }]);
    expect(namesOf(look)).toEqual(['app down', 'error rate', 'recent backup']);
  });

  it('a disk of backups that fails to be read', async () => {
    const fails = Object.assign(new Error('EIO: i/o error, scandir'), { code: 'EIO' });
    const listing = () => Promise.reject(explainFailure('listBackups', fails));
    const look = await lookAt(hostWith({ data: { listBackups: listing } }), 0);
    expect(look.unmeasured).toEqual([
      { name: 'recent backup', because: expect.stringContaining('the disk reported an error') },
    ]);
    expect(namesOf(look)).toEqual(['app down', 'error rate']);
  });

  it('nothing, when all can be measured', async () => {
    expect((await lookAt(host([]), 0)).unmeasured).toEqual([]);
  });
});

it.each([
  ['is not there', '/nowhere/backups', 'ENOENT'],
  ['is no folder', '/dev/null', 'ENOTDIR'],
  ['belongs to another user', null, 'EACCES'],
])('a folder of backups that %s is a missing backup, and is answered as one', async (_, folder, code) => {
  const directory = folder ?? config.backups.folder;
  const forbids = Object.assign(new Error('EACCES: permission denied, scandir'), { code: 'EACCES' });
  const listing = async () =>
    (folder === null ? Promise.reject(forbids) : listBackups({ directory })).catch((error: unknown) => {
      throw explainFailure('listBackups', error);
    });
  const look = await lookAt(hostWith({ data: { listBackups: listing } }), 1);
  expect(look.unmeasured).toEqual([]);
  const backup = look.signals.find(({ name }) => name === 'recent backup');
  expect(backup).toMatchObject({
    answer: 'backupFailure',
    wrongSeconds: 1,
    got: expect.stringContaining(code),
  });
});

/** The app answers so, one second after the other, and then as the last time. */
function answering(...answers: readonly boolean[]) {
  let asked = 0;
  return {
    checkHealth: async () => {
      const isUp = answers[Math.min(asked, answers.length - 1)] ?? true;
      asked += 1;
      return isUp ? { ok: true, status: 200 } : isDown();
    },
  };
}

/** What one look sees of the app that answers so, as long as it takes to hear that. */
const downIn = async (...answers: readonly boolean[]) =>
  (await lookAt(hostWith({ app: answering(...answers) }), answers.length)).signals[0];

describe('FDTS is down for the last seconds of a look without a break:', () => {
  it('not when it answered at the end', async () => {
    expect(await downIn(false, true)).toMatchObject({ name: 'app down', wrongSeconds: 0, got: 'answers' });
  });

  it('from when it answered last', async () => {
    const down = await downIn(false, true, false);
    expect(down).toMatchObject({ got: 'the proxy answered 502', mustLastSeconds: config.thresholds.downFor });
    expect(down?.wrongSeconds).toBeGreaterThanOrEqual(1);
    expect(down?.wrongSeconds).toBeLessThan(2.9);
  });

  it('for the whole look, and no longer than it, when it never answered', async () => {
    expect((await downIn(false, false))?.wrongSeconds).toBeCloseTo(2, 1);
  });
});

/** The error rate that one look sees; undefined when it does not count. */
async function rateIn(freeSeconds: number | null, isUp: boolean) {
  const site = hostWith({ config: await withErrors(), app: answering(isUp) });
  const look = await lookReads(site, journalSite().journal).lookAtHost(context, { seconds: 1, freeSeconds });
  return look.signals.find(({ name }) => name === 'error rate');
}

describe('the error rate counts', () => {
  const { errorRateFor } = config.thresholds;
  it('while the app answers, and no run had the host', async () => {
    expect(await rateIn(null, true)).toMatchObject({
      wrongSeconds: 1,
      mustLastSeconds: 0,
      answer: 'highErrorRate',
      got: expect.stringContaining('10 of 10 requests of users'),
    });
  });

  it('not while the app is down: that has its own answer', async () => {
    expect(await rateIn(null, false)).toBeUndefined();
  });

  it('not over a time in which a run had the host, but once that is over', async () => {
    expect(await rateIn(errorRateFor - 1, true)).toBeUndefined();
    expect(await rateIn(errorRateFor, true)).toMatchObject({ wrongSeconds: 1 });
  });
});

/** The configuration with an access log that has ten failed requests of users, from now. */
async function withErrors() {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-looks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'access.log');
  const line = JSON.stringify({ at: new Date().toISOString(), status: 502, agent: 'a browser' });
  await writeFile(file, `${line}\n`.repeat(10));
  const fields = { timeField: 'at', statusField: 'status', agentField: 'agent' };
  return { ...config, accessLog: { ...config.accessLog, ...fields, file, format: 'json' as const } };
}

it('memory is wrong only when it was at the beginning, in the middle and at the end of a look', async () => {
  const { signals } = await lookAt(
    host([
      { app: 95, nginx: 95, backup: 40 },
      { app: 99, nginx: 20, backup: 99, new: 99 },
      { app: 91, nginx: 95, backup: 99, new: 99 },
    ]),
    2,
  );
  const ofMemory = signals.filter(({ answer }) => answer === 'highMemory');
  expect(ofMemory).toEqual([
    expect.objectContaining({
      name: 'memory of app',
      wrongSeconds: 2,
      mustLastSeconds: 300,
      got: expect.stringContaining('91 %'),
      input: { measureSeconds: 30 },
    }),
    expect.objectContaining({ name: 'memory of nginx', wrongSeconds: 0 }),
    expect.objectContaining({ name: 'memory of backup', wrongSeconds: 0 }),
  ]);
});

it('a look names the run that has the host, its step, and whether it is over; not while an incident is open', async () => {
  const site = journalSite();
  const { journal } = site;
  const fence = journal.takeHold(run, what);
  journal.begin(run, ticket('stop-services', fence), call('stopServices'));
  const { workflowId, runId } = run;
  const { muted, holder } = await lookAt(host([]), 0, site);
  expect(muted).toContain(`(run ${workflowId}) has the host`);
  expect(holder).toMatchObject({ workflowId, runId, state: 'open', step: 'Do stop-services' });
  journal.closeRun(run, 'needs-operator', fence);
  expect((await lookAt(host([]), 0, site)).holder).toMatchObject({ workflowId, state: 'needs-operator' });
});

it('a look names no run while an incident is open, or when nobody has the host', async () => {
  expect(await lookAt(host([]), 0)).toMatchObject({ muted: null, holder: null });
  const site = journalSite();
  const fence = site.journal.takeHold(run, what);
  const contains = { safeState: 'stopped', keep: undo('stopServices'), left: [], procedure: what.procedure };
  site.journal.begin(run, ticket('stop-services', fence, { contains }), call('stopServices'));
  expect(await lookAt(host([]), 0, site)).toMatchObject({ holder: null });
});
