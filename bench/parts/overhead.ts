import { join } from 'node:path';
import { withServer } from '../../client/server/connect.ts';
import type { Terminal } from '../../client/terminal.ts';
import { ensureAnsible } from '../../setup/ansible.ts';
import { runAndApprove } from '../../setup/demo/run-and-approve.ts';
import type { BenchPart } from '../bench.ts';
import { timeOutsideActivities } from '../figures/time-outside-activities.ts';
import { timePlaybook } from '../measure/ansible-playbook.ts';
import { quietTerminal } from '../measure/quiet-terminal.ts';
import { each, takeTurns, way } from '../measure/take-turns.ts';

const times = 3;

/** What a step costs besides its own work. */
export const overheadPart: BenchPart = {
  name: 'overhead',
  run: async (bench) => {
    const { server, host } = await bench.environment();
    const ansible = await ensureAnsible();
    await host.resetFdts();
    const terminal = quietTerminal(server.environment);
    const first = await dryRun(terminal);
    const ours = way('dry run of plannedMaintenance', () => dryRun(terminal));
    const theirs = way('playbook', async () => {
      const one = await timePlaybook(ansible, 1, join(bench.folder, 'ansible'));
      const many = await timePlaybook(ansible, first.steps, join(bench.folder, 'ansible'));
      return { milliseconds: ((many - one) * 1000) / (first.steps - 1), start: one };
    });
    await takeTurns(bench.times ?? times, [theirs, ours]);
    return {
      title: 'What a step costs besides its work',
      otherWay: `Ansible ${ansible.version}`,
      about: [
        `fdts-ops: a dry run of \`plannedMaintenance\`, ${first.steps} steps, through the Temporal server to the host's worker and back; the time of the run in which none of its activities was under way, by step. Each step is durable, shown in the checklist and kept in the history.`,
        `Ansible: a playbook of as many tasks that do nothing (\`command: true\`), on this machine by the local connection, without facts; the time that a task adds to a playbook of one. A connection by ssh costs more.`,
      ],
      rows: [
        {
          measure: 'A step',
          unit: 'ms',
          other: each(theirs, 'milliseconds'),
          ours: each(ours, 'milliseconds'),
        },
      ],
      notes: ["The host's journal is written within an activity: a dry run has no part of it."],
    };
  },
};

async function dryRun(terminal: Terminal): Promise<{ milliseconds: number; steps: number }> {
  const run = await runAndApprove('plannedMaintenance', terminal, ['--dry-run']);
  if (run.outcome !== 'completed')
    throw new Error(`the dry run ended as ${run.outcome}, expected completed: ${run.because}`);
  const history = await withServer(terminal, ({ client }) =>
    client.workflow.getHandle(run.workflowId, run.runId).fetchHistory(),
  );
  const steps = run.report?.steps.filter(({ status }) => status === 'done').length ?? 0;
  return { milliseconds: timeOutsideActivities(history) / steps, steps };
}
