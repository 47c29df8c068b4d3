import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { waitUntil } from '../../sandbox/wait-until.ts';

/** Makes a namespace on a server of our own, unless it is there, and waits until it can be used. */
export async function ownNamespace(connection: Connection, namespace: string): Promise<string> {
  const isThere = () =>
    connection.operatorService.listSearchAttributes({ namespace }).then(
      () => true,
      () => false,
    );
  if (await isThere()) return namespace;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  await waitUntil(`namespace ${namespace} is there`, isThere, 30_000);
  return namespace;
}
