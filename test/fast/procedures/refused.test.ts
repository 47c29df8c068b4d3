import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createControlReads, type KnownHost } from '../../../activities/control-reads.ts';
import { toFailure } from '../../../activities/execution/failures.ts';
import { isRecord } from '../../../config/is-record.ts';
import { schedulesSection } from '../../../config/sections/schedules.ts';
import type { StepRecord } from '../../../workflows/contracts/step.ts';
import type { Procedure } from '../../../workflows/engine/procedure.ts';
import { procedures } from '../../../workflows/procedures/index.ts';
import { rollbackSurvey } from '../../support/fake-host.ts';
import { type Behaviour, fails, gives, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const schedules = schedulesSection.parse(undefined);
const runs = new ScriptedRuns();
/** A machine that was replaced, and is back. */
const OLD_MACHINE = 'a'.repeat(32);
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
  await world.machineAppears(OLD_MACHINE);
});
afterAll(() => world.end());

async function refusal(script: Script, input?: unknown) {
  const run = await runs.start(world, 'plannedMaintenance', script, input);
  const { status, type, report } = await run.end();
  expect({ status, type, outcome: report.outcome }).toEqual({
    status: 'FAILED',
    type: 'refused',
    outcome: 'refused',
  });
  const { because, host } = report;
  return { because, host, activities: run.calls.map(({ activity }) => activity) };
}

/** As the real control worker with these hosts answers. */
function knows(...names: string[]): Behaviour {
  return knowsBy(null, names);
}

function knowsBy(machineId: string | null, names: readonly string[]): Behaviour {
  const hosts: KnownHost[] = names.map((name) => ({
    name,
    machineId,
    publicUrl: null,
    addresses: [],
    timezone: 'UTC',
    workerAwaySeconds: 60,
    schedules,
    nextWindow: () => ({ opensAt: 0, closesAt: 0, noticeSeconds: 0, says: 'never' }),
  }));
  return async ({ input }) => {
    const { resolveHost } = createControlReads(hosts);
    const host = isRecord(input) && typeof input['host'] === 'string' ? input['host'] : null;
    const context = { stamp: '', signal: AbortSignal.timeout(1000), progress: () => undefined };
    return {
      answer: await resolveHost(context, { host }).catch((error: unknown) => {
        throw toFailure(error, 1);
      }),
    };
  };
}

describe('a window is refused, and nothing is called on the host,', () => {
  it.each([
    ['an unknown field', { wen: 'now' }, 'wen: unknown field, expected one of host, dryRun, when'],
    ['a wrong value', { when: 'later' }, 'when: got "later", expected one of "now"'],
    ['several wrong fields', { when: 1, watchSeconds: -1 }, /when: .*; watchSeconds: /],
    ['a text instead of an object', 'now', 'expected one JSON object'],
    ['a list', [], 'expected one JSON object'],
    ['a wrong dry run', { dryRun: 'yes' }, 'dryRun: got "yes", expected true or false'],
  ])('for %s, with a correct example', async (_, input, says) => {
    const { because, activities } = await refusal({}, input);
    expect(because).toMatch(says);
    expect(because).toContain('A correct input is {"dryRun":false,"when":"now"');
    expect(activities).toEqual([]);
  });

  it('for an unknown host, with the hosts that are known', async () => {
    const { because, activities } = await refusal(
      { resolveHost: knows('web-1', 'web-2') },
      { host: 'web-3' },
    );
    expect(because).toMatch(/host web-3.*known are: web-1, web-2.*\{"host":"web-1"\}/);
    expect(activities).toEqual(['resolveHost']);
  });

  it('for a machine that is not the one which has the name', async () => {
    const resolveHost = knowsBy('f'.repeat(32), ['web-1']);
    const { because, activities } = await refusal({ resolveHost }, { host: 'web-1' });
    expect(because).toMatch(/machine 0{32} answered, expected f{32} \(hosts\[\]\.machineId/);
    expect(activities).toEqual(['resolveHost', 'identifyHost']);
  });

  it('without a host when several are known, with their names', async () => {
    const { because } = await refusal({ resolveHost: knows('web-1', 'web-2') });
    expect(because).toMatch(/names none and several are known: web-1, web-2/);
  });
});

describe('a window is refused before anything is changed', () => {
  it('when another run has the host, and says which', async () => {
    const { because, activities, host } = await refusal({ takeHold: fails('HOST_BUSY') });
    expect({ because, host }).toEqual({ because: 'made to fail', host: 'web-1' });
    expect(activities).toEqual(['resolveHost', 'identifyHost', 'takeHold']);
  });

  it('when the answer to its hold is lost, and the hold that it may have is released', async () => {
    const run = await runs.start(world, 'plannedMaintenance', { takeHold: fails('UNEXPECTED') });
    const { type, report } = await run.end();
    expect({ type, left: report.commandsLeft }).toEqual({ type: 'refused', left: [] });
    expect(run.calls.at(-1)).toMatchObject({
      activity: 'finishRun',
      input: { holdsHost: true },
      ticket: { fence: 0 },
    });
  });

  it('and when the host cannot release its hold, the command that does is named', async () => {
    const run = await runs.start(world, 'plannedMaintenance', {
      takeHold: fails('UNEXPECTED'),
      finishRun: fails(),
    });
    const { type, report } = await run.end();
    expect(type).toBe('refused');
    expect(report.commandsLeft).toEqual([expect.stringMatching(/^sudo fdts-ops recover /)]);
  });

  it('when a check of the host fails, with what was got and expected', async () => {
    const check = { name: 'disk', status: 'fail', expected: '10 GB', got: '1 GB', answer: 'diskFull' };
    const { because, activities } = await refusal({ surveyHost: gives({ checks: [check] }) });
    expect(because).toBe('disk: got 1 GB, expected 10 GB; diskFull');
    expect(activities.slice(3)).toEqual(['surveyHost', 'announce', 'finishRun']);
  });

  it('when the survey itself fails', async () => {
    expect((await refusal({ surveyHost: fails() })).because).toContain('made to fail');
  });

  it('when no worker of the host answers, within about 60 s, and says how to start it', async () => {
    const began = Date.now();
    const { because } = await refusal({
      resolveHost: gives({ name: 'away', taskQueue: 'fdts-host-away', publicUrl: null, addresses: [] }),
    });
    expect(because).toContain('no worker took the work on queue fdts-host-away: start the host');
    expect(Date.now() - began).toBeLessThan(75_000);
  }, 90_000);
});

/** A host without which a procedure leaves some of its changes out. */
const WITH_EVERY_STEP: Readonly<Record<string, Script>> = {
  rollbackMaintenance: { surveyRollback: gives({ ...rollbackSurvey, database: 'before' }) },
  weeklyMaintenance: {
    planDatabase: gives({ way: 'stop', because: 'it takes long', lines: [] }),
    'prepare-packages': gives({ upgrades: [{ name: 'docker.io', from: '1', to: '2', security: false }] }),
  },
};

function isListed({ commands = [] }: StepRecord): boolean {
  return commands.length > 0;
}

/** What a procedure has to be told. */
const WITH_INPUT: Readonly<Record<string, object>> = {
  emergencyMaintenance: { urgency: 'high', impact: 'uploads fail', change: 'image', what: 'fdts_app:1.2.4' },
  retireHost: { machineId: OLD_MACHINE },
};

/** A change that depends on what is found may not be needed. */
function isLeftOutWithAReason({ kind, status, note = '' }: StepRecord): boolean {
  return kind === 'change' && status === 'skipped' && note !== '';
}

describe('a dry run', () => {
  it.each(procedures.map((procedure) => [procedure.type, procedure] as const))(
    'of %s lists every change with its commands, takes no hold and waits for nobody',
    async (type, { steps }: Procedure) => {
      const run = await runs.start(world, type, WITH_EVERY_STEP[type], {
        ...WITH_INPUT[type],
        dryRun: true,
      });
      const { status, report } = await run.end();
      expect({ status, dryRun: report.dryRun }).toEqual({ status: 'COMPLETED', dryRun: true });
      // Some find something on this host that needs attention.
      expect(['completed', 'attention-needed']).toContain(report.outcome);
      const tickets = run.calls.flatMap(({ ticket }) => (ticket === null ? [] : [ticket]));
      expect(tickets.every(({ dryRun, fence }) => dryRun && fence === 0)).toBe(true);
      expect(run.calls.map(({ activity }) => activity)).not.toContain('takeHold');
      const declared = Object.keys(steps).filter((id) => steps[id]?.kind === 'change');
      const [listed, leftOut] = [report.steps.filter(isListed), report.steps.filter(isLeftOutWithAReason)];
      expect([...listed, ...leftOut].map(({ id }) => id).toSorted()).toEqual(declared.toSorted());
      expect(report.decisions).toEqual([]);
      for (const step of report.steps) expect(['done', 'skipped']).toContain(step.status);
    },
  );
});

it('a workflow type that is misspelt ends in words that name the procedures', async () => {
  const start = world.env.client.workflow.execute('planedMaintenance', {
    taskQueue: 'fdts-ops',
    workflowId: 'misspelt',
  });
  const cause = expect.objectContaining({
    type: 'refused',
    message: expect.stringMatching(/no procedure "planedMaintenance".*plannedMaintenance/),
  });
  await expect(start).rejects.toMatchObject({ cause });
});
