import { expect, it } from 'vitest';
import { LocalRun } from '../../../workers/local-run.ts';
import { attemptRecovery } from '../../../workers/recover-site.ts';
import { disasterRecoveryProcedure } from '../../../workflows/procedures/disaster-recovery.ts';
import { recoverySurvey } from '../../support/fake-host.ts';
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
  'getImages',
  'stageNewSite',
  'swapInRestored',
  'deploySite',
  'verifySite',
  'enableAtBoot',
];

/** A recovery by hand for users, on a made-up machine where these calls fail: `name`, or `name:2` for its second one. */
async function recovered(fails: string) {
  const { journal, lockFile } = journalSite();
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
      surveyRecovery: call('surveyRecovery', { ...recoverySurvey, oldMachine }),
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
  return { ...ending, made, told };
}

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
