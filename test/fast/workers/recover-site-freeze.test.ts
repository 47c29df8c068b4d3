import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { askFreezes, overrideReason } from '../../../workers/local-freeze.ts';
import { recoverSiteLocally } from '../../../workers/recover-site.ts';
import { disasterRecoveryProcedure } from '../../../workflows/procedures/disaster-recovery.ts';
import { smallestHost, writeConfigFile } from '../config/write-config-file.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const FREEZE = "{name: sale, reason: high season, from: '2020-01-01', until: '2099-01-02'}";

/** A host that is frozen for as long as this program lives; its state lies where a journal may. */
async function frozenHost() {
  const state = path.join(root, 'test-output', `frozen-${process.pid}-${crypto.randomUUID().slice(0, 8)}`);
  await mkdir(state, { recursive: true });
  onTestFinished(() => rm(state, { recursive: true }));
  const file = await writeConfigFile(`${smallestHost}\nstate: {folder: ${state}}\nfreezes: [${FREEZE}]\n`);
  return { config: await loadHostConfig(file), state };
}

const said: string[] = [];
const local = {
  run: { workflowId: 'recover-site-test', runId: 'one' },
  say: (text: string) => void said.push(text),
  ask: null,
};

it.each(['drill', 'real'] as const)(
  'a recovery by hand (%s) is refused in a freeze, before anything',
  async (mode) => {
    const { config, state } = await frozenHost();
    await expect(recoverSiteLocally(config, { mode }, local)).rejects.toMatchObject({
      code: 'FREEZE',
      exitCode: 11,
      message: expect.stringContaining('the freeze "sale" of this host is on (high season)'),
      hint: expect.stringMatching(/2099-01-02T23:00:00\.000Z.*--override-freeze REASON/),
    });
    expect(existsSync(path.join(state, 'journal.sqlite'))).toBe(false);
  },
);

it('with a reason it goes on, and its report says so', async () => {
  const { config } = await frozenHost();
  expect(askFreezes(config, disasterRecoveryProcedure, { overrideFreeze: 'the machine burnt' })).toEqual({
    title: 'Freeze',
    lines: [
      '"sale" is on until 2099-01-02T23:00:00.000Z: high season',
      'overridden, because: the machine burnt',
    ],
  });
});

it('a dry run is not refused; what it says and its report name the freeze', async () => {
  const { config } = await frozenHost();
  const { report } = await recoverSiteLocally(config, { mode: 'drill', dryRun: true }, local);
  expect(report.sections).toContainEqual({
    title: 'Freeze',
    lines: [expect.stringContaining('"sale" is on until'), 'a run that is no dry run would be refused'],
  });
  expect(said.join('\n')).toContain('"sale" is on until');
});

it('a reason of nothing is none', () => {
  expect(() => overrideReason(' ')).toThrow(/expected the reason/);
  expect(overrideReason(undefined)).toBeUndefined();
});

it('outside of a freeze nothing is asked', async () => {
  const { config } = await frozenHost();
  expect(askFreezes({ ...config, freezes: [] }, disasterRecoveryProcedure, {})).toBeNull();
});
