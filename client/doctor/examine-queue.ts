import type { Finding } from '../commands/doctor.ts';
import type { Server } from '../server/connect.ts';

/** The numbers of temporal.api.enums.v1.TaskQueueType. */
const KINDS = { workflow: 1, activity: 2 } as const;

/** A worker asks again at least each minute; the server lists one for five minutes after it has ended. */
const SILENT_SECONDS = 90;

/** Whether a worker takes work from a queue. */
export async function examineQueue(
  { connection, namespace }: Server,
  name: string,
  queue: string,
  kind: keyof typeof KINDS,
): Promise<Finding[]> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    // The enum itself is in a package that is no direct dependency.
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
    taskQueueType: KINDS[kind],
  });
  const seen = pollers.map(({ identity, lastAccessTime }) => ({
    identity: identity ?? 'unknown',
    seconds: Math.max(0, Math.round(Date.now() / 1000 - Number(lastAccessTime?.seconds ?? 0))),
  }));
  const latest = seen.sort((a, b) => a.seconds - b.seconds)[0];
  const [role, option] = kind === 'workflow' ? ['control', '--control-config'] : ['host', '--config'];
  const getIt = `start it: fdts-ops worker --role ${role} ${option} FILE; as a service: systemctl start fdts-ops-${role}`;
  if (latest === undefined)
    return [{ name, status: 'missing', found: `nobody takes work from the queue ${queue}`, getIt }];
  const found = `${latest.identity} on the queue ${queue}, seen ${latest.seconds} s ago`;
  return [{ name, status: latest.seconds > SILENT_SECONDS ? 'warning' : 'ok', found, getIt }];
}
