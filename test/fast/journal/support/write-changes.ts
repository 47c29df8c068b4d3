import { Journal } from '../../../../activities/adapters/journal/journal.ts';

// Writes changes into a journal for ever, and tells of each only once the journal has it. It is there to be killed.
const [file = ''] = process.argv.slice(2);
const journal = new Journal(file);
const run = { workflowId: 'window', runId: 'first' };
const fence = journal.takeHold(run, { procedure: 'plannedMaintenance', stamp: '20260301_020000' });
for (let nth = 0; ; nth += 1) {
  const step = `step-${nth}`;
  const ticket = {
    step,
    title: step,
    round: 0,
    stamp: '20260301_020000',
    fence,
    machineId: '0'.repeat(32),
    dryRun: false,
    undo: { title: `undo ${step}`, activity: 'restoreDatabase', input: { nth } },
  };
  journal.begin(run, ticket, { activity: 'optimizeDatabase', input: { nth } });
  process.stdout.write(`begun ${step}\n`);
  journal.done(run, ticket, { result: nth, commands: [], attempts: 1 });
  process.stdout.write(`done ${step}\n`);
}
