import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { acquireHostLock } from '../../../activities/adapters/journal/host-lock.ts';
import { createNotifier } from '../../../activities/adapters/notify/notifier.ts';
import { ReportStore } from '../../../activities/adapters/report-store.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { LocalRun } from '../../../workers/local-run.ts';
import { planRecovery } from '../../../workers/plan-recovery.ts';
import { recover } from '../../../workers/recover.ts';
import { attemptRecovery } from '../../../workers/recover-site.ts';
import { reportRecovery } from '../../../workers/recovery-report.ts';
import { disasterRecoveryProcedure } from '../../../workflows/procedures/disaster-recovery.ts';
import { recoverySurvey } from '../../support/fake-host.ts';
import { smallestHost, writeConfigFile } from '../config/write-config-file.ts';
import { journalSite, run } from '../journal/support/journal-site.ts';

const pass = { name: 'made up', status: 'pass', expected: 'ok', got: 'ok' } as const;
const oldMachine = { host: 'old-1', machineId: 'c'.repeat(32), replacedBy: 'web-1' };
const answers: Readonly<Record<string, unknown>> = {
  installEngine: { lines: [] },
  getImages: { lines: [] },
  stageNewSite: { coreRows: { users: 3 } },
  verifySite: { checks: [pass] },
};
const CHANGES = [
  'installEngine',
  'placeConfiguration',
  'takeBackConfiguration',
  'getImages',
  'stageNewSite',
  'swapInRestored',
  'deploySite',
  'verifySite',
  'enableAtBoot',
];

/** A recovery by hand for users, on a made-up machine where these calls fail: `name`, or `name:2` for its second one. */
async function recovered(fails: string) {
  const { journal, lockFile, file } = journalSite();
  const made: string[] = [];
  const call = (name: string, answer: unknown) => async () => {
    made.push(name);
    const nth = made.filter((other) => other === name).length;
    if (fails === name || fails === `${name}:${nth}`) throw new Error('made to fail');
    return answer;
  };
  const stamp = '20260104_020000';
  const fence = journal.takeHold(run, { procedure: 'disasterRecovery', stamp });
  const host = {
    mutations: Object.fromEntries(CHANGES.map((name) => [name, call(name, answers[name] ?? {})])),
    reads: {
      surveyRecovery: call('surveyRecovery', { ...recoverySurvey, oldMachine, outside: ['/opt/other.conf'] }),
      checkServing: call('checkServing', { checks: [pass] }),
    },
    journal,
    machineId: 'd'.repeat(32),
    lockFile,
    say: () => undefined,
    ask: null,
  };
  const { signal } = new AbortController();
  const steps = new LocalRun(host, { ...run, stamp, fence }, disasterRecoveryProcedure.steps, {
    dryRun: false,
    signal,
  });
  const ending = await attemptRecovery(steps, { mode: 'real' }, signal);
  const told = steps.sections.find(({ title }) => title === 'The old machine')?.lines.join() ?? '';
  return { ...ending, made, told, journal, lockFile, folder: path.dirname(file) };
}

/** What `recover` then does on that machine, where nothing fails any more, and the report and message that it leaves. */
async function recoveredAfter(
  { journal, lockFile, folder }: Awaited<ReturnType<typeof recovered>>,
  fails: string | null = null,
) {
  const plan = planRecovery(journal);
  if (plan === null) throw new Error('expected something to recover');
  const made: string[] = [];
  const make = (name: string) => async () => {
    if (name === fails) throw new Error('made to fail');
    made.push(name);
  };
  const host = {
    mutations: Object.fromEntries(CHANGES.map((name) => [name, make(name)])),
    machineId: 'd'.repeat(32),
    takeLock: (signal: AbortSignal, onWait: () => void) => acquireHostLock(lockFile, signal, onWait),
    checkServing: async () => [pass],
  };
  const { signal } = new AbortController();
  const how = { signal, onStep: () => undefined, dryRun: false };
  const recovery = await recover(plan, host, journal, how);
  const messages = path.join(folder, 'notifications.jsonl');
  const notifier = createNotifier({ file: messages, channels: [], timeoutMs: 5000 });
  const reports = new ReportStore(folder);
  const config = await loadHostConfig(await writeConfigFile(smallestHost));
  const report = await reportRecovery({ config, reports, notifier }, plan, recovery, Date.now());
  const [text, message] = [report, messages].map((written) => readFileSync(written, 'utf8'));
  return { recovery, made, text, message };
}

it('killed once users are in, recover has it start at boot too, and says how the old machine is fenced off', async () => {
  const killed = await recovered('enableAtBoot');
  const { recovery, made, text, message } = await recoveredAfter(killed);
  expect(recovery.outcome).toBe('completed');
  expect(made).toEqual(['deploySite', 'enableAtBoot']);
  const { host: name, ...input } = oldMachine;
  const fence = `fdts-ops start retireHost --host ${name} --input '${JSON.stringify(input)}'`;
  const told = recovery.sections.map(({ title, lines }) => `${title}: ${lines.join()}`).join('\n');
  expect(told).toMatch(/The old machine: old-1.*Left to do: point DNS/s);
  expect(told).toContain('For a person to place: /opt/other.conf');
  for (const where of [told, text]) expect(where).toContain(fence);
  expect(JSON.parse(message ?? '').text).toContain(fence);
});

it('a start at boot that recover cannot make either keeps no host that serves: it is told, with what to do', async () => {
  const killed = await recovered('enableAtBoot');
  const { recovery, made, text, message } = await recoveredAfter(killed, 'enableAtBoot');
  expect(recovery).toMatchObject({ outcome: 'attention-needed', failure: null });
  expect(made).toEqual(['deploySite']);
  expect(recovery.checks).toEqual([
    expect.objectContaining({ name: 'Have FDTS start at boot', status: 'fail', got: 'made to fail' }),
    pass,
  ]);
  expect(killed.journal.openRun()).toBeNull();
  const told = /and FDTS serves; left to a person: Have FDTS start at boot: made to fail.*systemctl enable/;
  for (const where of [text, JSON.parse(message ?? '').text]) expect(where).toMatch(told);
  expect(text).not.toContain('quarantined');
});

it('what is left for a person is told as well when that recovery fails, and nothing of it before users are in', async () => {
  const failed = await recoveredAfter(await recovered('enableAtBoot'), 'deploySite');
  expect(failed.recovery.outcome).toBe('needs-operator');
  expect(failed.made).toEqual([]);
  expect(failed.text).toContain('fdts-ops start retireHost --host old-1');
  const back = await recoveredAfter(await recovered('getImages'));
  expect(back.recovery).toMatchObject({ direction: 'undo', sections: [] });
});

it('a service that is not up in time after users were let in takes nothing away: boot and fence follow, and it is told', async () => {
  const { outcome, because, made, told } = await recovered('checkServing');
  expect({ outcome, because }).toEqual({
    outcome: 'attention-needed',
    because: expect.stringContaining('FDTS serves: made to fail'),
  });
  expect(made.slice(-2)).toEqual(['checkServing', 'enableAtBoot']);
  expect(told).toMatch(/once there is a server: fdts-ops start retireHost --host old-1/);
});

it('users who cannot be let in need an operator, and the old machine is not to be fenced off yet', async () => {
  const { outcome, made, told } = await recovered('deploySite:2');
  expect(outcome).toBe('needs-operator');
  expect(made.at(-1)).toBe('deploySite');
  expect(told).toMatch(/not fenced off yet.*fdts-ops start retireHost --host old-1/);
});
