import { searchAttributes } from '../../workflows/contracts/search-attributes.ts';
import { CONTROL_TASK_QUEUE, hostTaskQueue } from '../../workflows/contracts/task-queues.ts';
import type { Finding } from '../commands/doctor.ts';
import { explainError } from '../explain-error.ts';
import { type Server, serverSettings, withServer } from '../server/connect.ts';
import type { Terminal } from '../terminal.ts';
import { examineQueue } from './examine-queue.ts';
import { examineSchedules } from './examine-schedules.ts';

/** The Temporal server, its namespace and search attributes, and the workers on every queue. */
export async function examineServer(terminal: Terminal, hosts: readonly string[]): Promise<Finding[]> {
  const name = 'Temporal server';
  try {
    return await withServer(terminal, async (server) => [
      await version(server, name),
      ...(await orFinding('namespace', () => examineNamespace(server))),
      ...(await orFinding('search attributes', () => examineSearchAttributes(server))),
      ...(await orFinding('control worker', () =>
        examineQueue(server, 'control worker', CONTROL_TASK_QUEUE, 'workflow'),
      )),
      ...(
        await Promise.all(
          hosts.map(async (host) => [
            ...(await orFinding(`worker of ${host}`, () =>
              examineQueue(server, `worker of ${host}`, hostTaskQueue(host), 'activity'),
            )),
            ...(await orFinding(`schedules of ${host}`, async () => [await examineSchedules(server, host)])),
          ]),
        )
      ).flat(),
    ]);
  } catch (error) {
    const { message, hint } = explainError(error);
    const { address } = serverSettings(terminal);
    return [{ name, status: 'missing', found: `${message} (address ${address})`, getIt: hint }];
  }
}

async function version({ connection, address, ui, namespace }: Server, name: string): Promise<Finding> {
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  const link = ui.query('');
  return {
    name,
    status: 'ok',
    found: `${serverVersion} at ${address}, namespace ${namespace}${link === null ? '' : `, UI ${new URL(link).origin}`}`,
  };
}

async function examineNamespace({ connection, namespace }: Server): Promise<Finding[]> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  const days = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
  return [
    {
      name: 'namespace',
      status: 'ok',
      found: `${namespace}, runs are kept for ${Math.round(days * 10) / 10} days`,
    },
  ];
}

const TYPES = { KEYWORD: 'Keyword', BOOL: 'Bool' } as const;

async function examineSearchAttributes({ connection, namespace }: Server): Promise<Finding[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return searchAttributes.map(({ name, type }) => {
    const isThere = customAttributes[name] !== undefined;
    return {
      name: `search attribute ${name}`,
      status: isThere ? 'ok' : 'missing',
      found: isThere ? TYPES[type] : 'not registered: no run can be started',
      getIt: `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${TYPES[type]}`,
    };
  });
}

/** One thing that cannot be looked at does not hide the others. */
async function orFinding(name: string, examine: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await examine();
  } catch (error) {
    const { message, hint } = explainError(error);
    return [{ name, status: 'missing', found: message, getIt: hint }];
  }
}
