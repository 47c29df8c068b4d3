import { readFile } from 'node:fs/promises';
import { OperationError } from '../operation-error.ts';

/** The connections at one port of a program's network, by state; `listening` says whether anybody takes new ones. */
export type PortConnections = {
  readonly listening: boolean;
  readonly byState: Readonly<Record<string, number>>;
  readonly total: number;
};

/**
 * Counts the connections at a local port as the process sees them: in a container it has a network of its own, which
 * a look from the host does not show. From /proc, as `ss` reads it.
 */
export const portConnections = async (
  pid: number,
  port: number,
  root = '/proc',
): Promise<PortConnections> => {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readTable(`${root}/${pid}/net/${name}`)));
  const states = tables.flatMap((table) => statesAt(table, port));
  const open = states.filter((state) => state !== 'LISTEN');
  const byState: Record<string, number> = {};
  for (const state of open) byState[state] = (byState[state] ?? 0) + 1;
  return { listening: open.length < states.length, byState, total: open.length };
};

const readTable = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    // A host without IPv6 has no such table.
    if (file.endsWith('6')) return '';
    throw new OperationError({
      code: 'CONNECTIONS_UNREADABLE',
      operation: 'portConnections',
      target: file,
      cause: error,
      hint: 'The process may have ended meanwhile: start again.',
      retryable: true,
    });
  }
};

const statesAt = (table: string, port: number): string[] =>
  table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state = ''] = line.trim().split(/\s+/);
      return Number.parseInt(local.split(':')[1] ?? '', 16) === port ? [stateNames[state] ?? state] : [];
    });

const stateNames: Readonly<Record<string, string>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '03': 'SYN_RECV',
  '04': 'FIN_WAIT1',
  '05': 'FIN_WAIT2',
  '06': 'TIME_WAIT',
  '07': 'CLOSE',
  '08': 'CLOSE_WAIT',
  '09': 'LAST_ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
};
