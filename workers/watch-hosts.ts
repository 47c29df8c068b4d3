import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { ControlConfig, ControlHost } from '../config/control-schema.ts';
import { CONTROL_TASK_QUEUE } from '../workflows/contracts/task-queues.ts';
import { type WatchAlert, type WatchRules, watchIdOf } from '../workflows/contracts/watch.ts';
import { watchAlertSignal, watchRulesSignal } from '../workflows/messages.ts';

/** Has every host watched whose configuration says so, and no other. Safe to repeat: a watch that runs gets the rules. */
export async function watchHosts(client: Client, { hosts }: Pick<ControlConfig, 'hosts'>): Promise<void> {
  for (const host of hosts) {
    if (!host.watch.enabled) await stopWatch(client, host.name);
    else {
      const rules = rulesOf(host);
      await client.workflow.signalWithStart('watchHost', {
        ...startOf(rules),
        signal: watchRulesSignal,
        signalArgs: [rules],
      });
    }
  }
}

/** Tells the watch of a host of an alert; it is started when it does not run. */
export async function passAlert(client: Client, host: ControlHost, alert: WatchAlert): Promise<void> {
  await client.workflow.signalWithStart('watchHost', {
    ...startOf(rulesOf(host)),
    signal: watchAlertSignal,
    signalArgs: [alert],
  });
}

function startOf(rules: WatchRules) {
  return {
    workflowId: watchIdOf(rules.host),
    taskQueue: CONTROL_TASK_QUEUE,
    args: [rules],
    staticSummary: `watches ${rules.host}`,
    staticDetails:
      'Looks at the host all the time and starts the procedure that answers what is wrong. Cancel ends it.',
  };
}

function rulesOf({ name, watch }: ControlHost): WatchRules {
  const { every, mostAnswers, mostEmergencies, within } = watch;
  return { host: name, everySeconds: every, mostAnswers, mostEmergencies, withinSeconds: within };
}

async function stopWatch(client: Client, host: string): Promise<void> {
  try {
    await client.workflow.getHandle(watchIdOf(host)).cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
