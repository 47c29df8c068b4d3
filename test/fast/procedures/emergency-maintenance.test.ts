import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { progressQuery } from '../../../workflows/messages.ts';
import { emergencySurvey, type FakeCall, seenScript } from '../../support/fake-host.ts';
import {
  type Behaviour,
  fails,
  gives,
  hangs,
  type Script,
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

const WHAT = { image: 'registry.example.org/fdts/app:1.2.4', packages: 'openssl', script: 'mend' } as const;
type Kind = keyof typeof WHAT;

const failed = { name: 'made up', status: 'fail', expected: 'ok', got: 'not' };
const surveys = (more: object): Script => ({ surveyEmergency: gives({ ...emergencySurvey, ...more }) });
const withScript = surveys({ script: seenScript });
const usual = (kind: Kind): Script => (kind === 'script' ? withScript : {});

const start = (kind: Kind, script: Script = {}, more: object = {}) =>
  runs.start(
    world,
    'emergencyMaintenance',
    { ...usual(kind), ...script },
    {
      urgency: 'critical',
      impact: 'uploads fail',
      change: kind,
      what: WHAT[kind],
      // A failed step waits for a person as long as the gate does.
      approvalTimeoutSeconds: 8,
      watchSeconds: 1,
      ...more,
    },
  );

async function approved(kind: Kind, script: Script = {}) {
  const run = await start(kind, script);
  await run.asks('approve-change');
  expect(await run.says('approve', { by: 'Ada' })).toContain('counts');
  return run;
}

const changesOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) =>
    ticket === null || ['announce', 'takeHold', 'finishRun'].includes(activity) ? [] : [activity],
  );
const undosOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) =>
    ticket?.undoes === undefined || ticket.dryRun ? [] : [`${ticket.undoes}: ${activity}`],
  );
async function planOf(run: Awaited<ReturnType<typeof start>>) {
  await run.asks('approve-change');
  return (await run.handle.query(progressQuery)).gate?.plan ?? [];
}
const linesOf = (plan: Awaited<ReturnType<typeof planOf>>, title: string) =>
  plan.find((part) => part.title === title)?.lines.join('\n') ?? '';

describe('an input that says too little or something wrong is refused, nothing is called on the host,', () => {
  const good = { urgency: 'critical', impact: 'uploads fail', change: 'image', what: WHAT.image };
  it.each([
    ['nothing at all', undefined, /urgency: missing.*; impact: missing.*; change: missing.*; what: missing/],
    ['null, as the UI sends it', null, 'urgency: missing'],
    ['no impact', { ...good, impact: undefined }, 'impact: missing'],
    ['an empty impact', { ...good, impact: ' ' }, 'impact: got " ", expected a text that is not empty'],
    ['another urgency', { ...good, urgency: 'now' }, 'expected one of "critical", "high", "moderate"'],
    ['another change', { ...good, change: 'database' }, 'expected one of "image", "packages", "script"'],
    ['a field of its own', { ...good, image: 'x' }, 'image: unknown field'],
  ])('%s', async (_, input, says) => {
    const run = await runs.start(world, 'emergencyMaintenance', {}, input);
    const { type, report } = await run.end();
    expect(type).toBe('refused');
    expect(report.because).toMatch(says);
    expect(report.because).toContain('A correct input is {"dryRun":false,"urgency":"critical"');
    expect(report.because).not.toContain('or none at all');
    expect(run.calls).toEqual([]);
  });
});

it('what the host does not allow is refused before anything is changed', async () => {
  const run = await start('image', surveys({ checks: [failed] }));
  expect(await run.end()).toMatchObject({ type: 'refused' });
  expect(changesOf(run.calls)).toEqual([]);
});

it('an image that runs already is refused, and its names are removed', async () => {
  const same = { service: 'app', image: 'fdts_app:latest', oldId: 'sha256:o', newId: 'sha256:o' };
  const run = await start('image', { 'prepare-images': gives([{ ...same, how: 'pulled', note: null }]) });
  const { type, report } = await run.end();
  expect({ type, because: report.because }).toEqual({
    type: 'refused',
    because: expect.stringContaining('app runs registry.example.org/fdts/app:1.2.4 already'),
  });
  expect(undosOf(run.calls)).toEqual(['prepare-images: removePreparedImages']);
});

describe('the gate says what is asked for, why, and what cannot be taken back', () => {
  it('an image', async () => {
    const plan = await planOf(await start('image'));
    expect(linesOf(plan, 'Assessment')).toContain('urgency: critical\nimpact: uploads fail');
    expect(linesOf(plan, 'Changes')).toBe(
      'app: fdts_app:latest old → new (pulled); registry.example.org/fdts/app:1.2.4',
    );
    expect(linesOf(plan, 'Way back')).toContain('the old image, with the current database');
    expect(linesOf(plan, 'Expected downtime')).toContain('as the last emergency maintenance measured');
    expect(linesOf(plan, 'Not proven')).toContain('rehearsed: it is not tried on a copy');
  });

  it('a script, by its hash, and that it cannot be undone', async () => {
    const plan = await planOf(await start('script'));
    expect(linesOf(plan, 'Changes')).toContain(`sha256 ${seenScript.sha256}`);
    expect(linesOf(plan, 'Expected downtime')).toContain('the script may take up to 10 min');
    expect(linesOf(plan, 'CANNOT BE TAKEN BACK by itself')).toMatch(
      /emergency.d\/mend does besides.*Only images by tag and the database.*not run again/s,
    );
    expect(linesOf(plan, 'Way back')).toContain('once users are in: nothing by itself');
  });

  it('packages, with users served; of the engine, with a stop', async () => {
    const plan = await planOf(await start('packages'));
    expect(linesOf(plan, 'Changes')).toBe('openssl 1 → 2 (security)');
    expect(linesOf(plan, 'Stops')).toBe('nothing: users are served meanwhile');
    expect(linesOf(plan, 'CANNOT BE TAKEN BACK by itself')).toContain('not downgraded');
    const engine = { upgrades: [{ name: 'docker.io', from: '1', to: '2', security: true }] };
    const stopping = await planOf(await start('packages', { 'prepare-packages': gives(engine) }));
    expect(linesOf(stopping, 'Stops')).toBe('nginx, backup, app');
  });
});

it('silence, a no and a dry run stop nothing and change nothing', async () => {
  const silent = await start('image', {}, { approvalTimeoutSeconds: 1 });
  expect(await silent.end()).toMatchObject({ type: 'expired' });
  const refused = await start('script');
  await refused.asks('approve-change');
  await refused.says('abort');
  expect(await refused.end()).toMatchObject({ type: 'rejected' });
  for (const run of [silent, refused])
    expect(changesOf(run.calls)).toEqual(['prepareEmergencyImages', 'removePreparedImages']);
  for (const kind of ['image', 'packages', 'script'] as const) {
    const dry = await start(kind, {}, { dryRun: true });
    expect((await dry.end()).report.outcome).toBe('completed');
    expect(dry.calls.filter(({ ticket }) => ticket?.dryRun === false)).toEqual([]);
  }
});

it('the change is made as it was approved, and its report says what is left to do', async () => {
  const run = await approved('image');
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  expect(changesOf(run.calls)).toEqual([
    'prepareEmergencyImages',
    'makeBackup',
    'copyBackup',
    'bundleConfiguration',
    'blockStart',
    'stopServices',
    'settleDatabase',
    'noteUploads',
    'setDatabaseAside',
    'switchImages',
    'startServices',
    'smokeTest',
    'openToUsers',
    'unblockStart',
    'cleanUp',
  ]);
  expect(run.calls.find(({ activity }) => activity === 'prepareEmergencyImages')?.input).toEqual({
    change: { service: 'app', image: WHAT.image },
  });
  expect(run.calls.find(({ activity }) => activity === 'switchImages')?.input).toEqual({
    images: [
      { image: 'fdts_app:latest', id: 'sha256:new' },
      { image: 'nginx:1', id: 'sha256:n' },
    ],
  });
  const left = report.sections.find(({ title }) => title === 'Left to do')?.lines.join('\n');
  expect(left).toContain(`bring ${WHAT.image} into the source or the compose file of app`);
});

it('packages are installed with users served, as exactly what was approved', async () => {
  const run = await approved('packages');
  expect((await run.end()).report).toMatchObject({ outcome: 'completed', downtimeSeconds: null });
  expect(changesOf(run.calls)).toEqual([
    'prepareNamedPackages',
    'makeBackup',
    'copyBackup',
    'bundleConfiguration',
    'installPackages',
    'smokeTest',
    'cleanUp',
  ]);
});

const calledStop = (calls: readonly FakeCall[]) => changesOf(calls).includes('blockStart');
const goneTheSecondTime: Behaviour = async (_, nth) => ({
  answer: { host: nth === 2 ? ['app is gone'] : [] },
});

describe('before anything is stopped', () => {
  it('a backup that cannot be restored ends it', async () => {
    const run = await approved('image', { verifyBackup: gives({ checks: [failed] }) });
    expect(await run.end()).toMatchObject({ type: 'rolled-back' });
    expect(calledStop(run.calls)).toBe(false);
  });

  it('a host that somebody else changed ends it, before the backup and after', async () => {
    for (const compareHost of [gives({ host: ['app is gone'] }), goneTheSecondTime]) {
      const run = await approved('image', { compareHost });
      expect((await run.end()).report.because).toContain('app is gone; start again');
      expect(calledStop(run.calls)).toBe(false);
    }
  });

  it('a script that is another one by now ends it', async () => {
    const other = {
      script: { ...seenScript, sha256: 'f'.repeat(64) },
      check: { ...failed, got: 'sha256 f' },
    };
    for (const answer of [other, { script: null, check: failed }]) {
      const run = await approved('script', { lookAtScript: gives(answer) });
      expect((await run.end()).report.because).toContain('the script is not the one that was approved');
      expect(calledStop(run.calls)).toBe(false);
    }
  });
});

describe('every change before the cut-over that fails is taken back, last first', () => {
  const wayBack = [
    'start-app: stopServices',
    'run-script: endScript',
    'switch-images: switchImages',
    'set-database-aside: restoreDatabase',
    'note-uploads: setAsideNewUploads',
    'stop-services: startAsBefore',
    'block-start: unblockStart',
    'prepare-images: removePreparedImages',
  ];
  it.concurrent.each([
    ['prepare-images', 7],
    ['back-up', 7],
    ['block-start', 6],
    ['stop-services', 5],
    ['settle-database', 5],
    ['note-uploads', 4],
    ['set-database-aside', 3],
    ['switch-images', 2],
    ['run-script', 1],
    ['start-app', 0],
    ['smoke-test', 0],
  ] as const)('%s', async (step, from) => {
    const run = await start('script', { [step]: fails() });
    if (step !== 'prepare-images') {
      await run.asks('approve-change');
      await run.says('approve');
    }
    const { type, report } = await run.end();
    expect({ type, because: report.because }).toEqual({
      type: 'rolled-back',
      because: expect.stringContaining('made to fail'),
    });
    expect(undosOf(run.calls)).toEqual(wayBack.slice(from));
  });

  it('the tags go back to what ran, and the script is told to be what cannot be taken back', async () => {
    const run = await approved('script', { 'smoke-test': gives({ checks: [failed], version: null }) });
    const { report } = await run.end();
    expect(run.calls.find(({ ticket }) => ticket?.undoes === 'switch-images')?.input).toEqual({
      images: [
        { image: 'fdts_app:latest', id: 'sha256:old' },
        { image: 'nginx:1', id: 'sha256:n' },
      ],
    });
    expect(report.sections.find(({ title }) => title === 'Taken back')?.lines.join('\n')).toContain(
      'DID BESIDES STAYS',
    );
  });

  it('of packages of the engine: they are settled, in the stop', async () => {
    const engine = gives({ upgrades: [{ name: 'docker.io', from: '1', to: '2', security: true }] });
    const run = await approved('packages', { 'prepare-packages': engine, 'restart-deferred': fails() });
    expect(await run.end()).toMatchObject({ type: 'rolled-back' });
    expect(undosOf(run.calls)[0]).toBe('install-packages: settlePackages');
    expect(undosOf(run.calls)).toContain('stop-services: startAsBefore');
  });

  it('an undo that fails needs an operator, who gets the commands that are left', async () => {
    const run = await approved('script', { 'run-script': fails(), 'undo:run-script': fails() });
    const { type, report } = await run.end();
    expect(type).toBe('needs-operator');
    expect(report.commandsLeft.join('\n')).toContain('fake undo:set-database-aside');
  });

  it('an abort while the script runs waits for its end, then takes back', async () => {
    const run = await approved('script', { 'run-script': hangs });
    await run.reached('run-script');
    await run.says('abort', { by: 'Ada' });
    expect(await run.end()).toMatchObject({ type: 'aborted' });
    expect(undosOf(run.calls)[0]).toBe('run-script: endScript');
  });
});

describe('with users served', () => {
  it('packages that disturb FDTS are settled, and FDTS is brought back', async () => {
    for (const script of [
      { watchClosely: gives({ checks: [failed], lines: [] }) },
      { checkServing: fails() },
    ]) {
      const run = await approved('packages', script);
      expect(await run.end()).toMatchObject({ type: 'rolled-back' });
      expect(undosOf(run.calls)).toEqual(['install-packages: bringBack']);
    }
  });

  it('an app that was not healthy before is not asked to be so again', async () => {
    const before = surveys({ wasHealthy: false, wasServing: false });
    const run = await approved('packages', { ...before, 'smoke-test': fails() });
    expect(await run.end()).toMatchObject({ type: 'rolled-back' });
    expect(undosOf(run.calls)).toEqual(['install-packages: settlePackages']);
  });
});

describe('after the cut-over', () => {
  const bad = { watchClosely: gives({ checks: [failed], lines: [] }) };

  it.each([
    ['the watch sees it fail', bad],
    ['it does not serve', { checkServing: fails() }],
  ])('an image goes back, and the database of users stays: %s', async (_, script) => {
    const run = await approved('image', script);
    expect(await run.end()).toMatchObject({ type: 'rolled-back' });
    expect(undosOf(run.calls)).toEqual(['cut-over: goBackToImages']);
    const input = run.calls.find(({ activity }) => activity === 'compareSchema')?.input;
    expect(input).toEqual({ schemaHash: 'a', userVersion: 1 });
    expect(changesOf(run.calls)).not.toContain('restoreDatabase');
  });

  it.each([
    ['the watch sees it fail', bad],
    ['it does not serve', { checkServing: fails() }],
    ['users cannot be let in', { 'cut-over': fails('NOT_UP'), checkServing: fails() }],
  ])('an image that changed the schema stays, and a gate asks: %s', async (how, script) => {
    const run = await approved('image', { ...script, compareSchema: gives({ changed: true }) });
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({
      status: 'COMPLETED',
      outcome: 'attention-needed',
    });
    expect(undosOf(run.calls)).toEqual([]);
    expect(changesOf(run.calls)).toContain('unblockStart');
    expect(report.because).toContain(`run rollbackMaintenance-web-1-${report.stamp} was started`);
    expect(report.because.startsWith('USERS ARE SHUT OUT')).toBe(how === 'users cannot be let in');
  });

  it('a service that had ended is not started because it shares the image: its end would take the cut-over down', async () => {
    const [app] = emergencySurvey.services;
    if (app === undefined) throw new Error('the made-up host has no service');
    const ended = { ...app, service: 'migrate', container: 'fdts_migrate_1', state: 'exited' } as const;
    const image = {
      image: 'fdts_app:latest',
      oldId: 'sha256:old',
      newId: 'sha256:new',
      how: 'pulled',
      note: '',
    };
    const run = await approved('image', {
      ...surveys({ services: [app, ended] }),
      'prepare-images': gives(['app', 'migrate'].map((service) => ({ ...image, service }))),
    });
    await run.end();
    const opened = run.calls.find(({ activity }) => activity === 'openToUsers')?.input;
    expect(JSON.stringify(opened)).not.toContain('migrate');
  });

  it.each([
    ['an image whose predecessor did not work either', 'image', surveys({ wasServing: false })],
    ['a script', 'script', {}],
  ] as const)('%s stays, and what the watch saw is told', async (_, kind, script) => {
    for (const sees of [bad, { checkServing: fails() }]) {
      const run = await approved(kind, { ...script, ...sees });
      const { status, report } = await run.end();
      expect({ status, outcome: report.outcome }).toEqual({
        status: 'COMPLETED',
        outcome: 'attention-needed',
      });
      expect(undosOf(run.calls)).toEqual([]);
    }
  });

  it('a watch that cannot be made is not proven, and takes nothing away', async () => {
    const { report } = await (await approved('image', { watchClosely: fails() })).end();
    expect(report.outcome).toBe('completed');
    expect(report.checks).toContainEqual(
      expect.objectContaining({ name: 'watched closely', status: 'not proven' }),
    );
  });

  it('a cut-over of what cannot go back that fails for good needs an operator', async () => {
    const { type, report } = await (await approved('script', { 'cut-over': fails() })).end();
    expect(type).toBe('needs-operator');
    expect(report.because).toMatch(/sudo fdts-ops recover/);
  });
});
