import type { DatabaseLook, LogLook, ResourceLook } from '../contracts/diagnosis.ts';
import type { ErrorRate } from '../contracts/error-rate.ts';

/** What the diagnosis of a high error rate found. */
export interface ErrorFindings {
  readonly rate: ErrorRate;
  readonly logs: LogLook;
  readonly database: DatabaseLook;
  readonly resources: ResourceLook;
  readonly appAnswers: boolean;
}

/** Why users meet errors, whether a restart of the app can end that, and what answers it otherwise. */
export interface ErrorCause {
  readonly cause: string;
  /** Something is wrong, whatever the rate is. */
  readonly isFound: boolean;
  readonly restartHelps: boolean;
  readonly answer: string;
}

const DAMAGED = ['DATABASE_CORRUPT', 'NOT_A_DATABASE', 'EMPTY_DATABASE', 'DATABASE_MISSING'];
/** What a proxy answers by itself when it does not get through to the app. */
const OF_THE_PROXY = ['502', '503', '504'];

/** Names the cause, the one that explains most first. A restart is for the database's and the app's own troubles only. */
export function causeOfErrors(
  { rate, logs, database, resources, appAnswers }: ErrorFindings,
  app: string,
): ErrorCause {
  const { problem, holders } = database;
  if (problem !== null && DAMAGED.includes(problem))
    return no(`the database is damaged or gone (${problem})`, 'fdts-ops start databaseCorruption, at once');
  if (resources.fullDisks.length > 0)
    return no(
      `no room left on the disk of ${resources.fullDisks.join(', ')}`,
      'free space there, then start highErrorRate again',
    );
  const others = holders.filter(({ service }) => service !== app);
  if (others.length > 0) {
    const told = others.map(
      ({ pid, command, service }) =>
        `${command} (pid ${pid}${service === null ? '' : `, service ${service}`})`,
    );
    return no(
      `the database is kept locked by ${told.join(', ')}`,
      `let it end, or end it on the host: sudo kill ${others.map(({ pid }) => pid).join(' ')}`,
    );
  }
  const after =
    'start applicationDown when the restart does not help; when it began with a window: fdts-ops start rollbackMaintenance';
  if (holders.length > 0) return yes('the app keeps the database locked', after);
  if (problem !== null) return yes(`the database cannot be read (${problem})`, after);
  if (!appAnswers) return yes('the app does not answer healthy', after);
  if (logs.appErrors > 0)
    return yes(`the app itself answers with errors: ${logs.appErrors} in its log`, after);
  const between = OF_THE_PROXY.reduce((total, status) => total + (rate.byStatus[status] ?? 0), 0);
  if (rate.errors > 0 && between * 2 >= rate.errors)
    return yes(
      `the proxy does not get through to the app (${between} of ${rate.errors} errors are 502, 503 or 504)`,
      after,
    );
  return {
    cause: 'neither the database nor the app: both answer, and the app logged no error',
    isFound: false,
    restartHelps: false,
    answer:
      'look at the proxy: its error log (docker logs), and its configuration (nginx -t); a restart of the app would not help',
  };
}

const yes = (cause: string, answer: string): ErrorCause => ({
  cause,
  isFound: true,
  restartHelps: true,
  answer,
});
const no = (cause: string, answer: string): ErrorCause => ({
  cause,
  isFound: true,
  restartHelps: false,
  answer,
});
