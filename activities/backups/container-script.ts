import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { keepOutput } from '../adapters/command/keep-output.ts';
import { createOutputTail } from '../adapters/command/output-tail.ts';
import { logFingerprint } from '../adapters/logs/log-fingerprint.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { timeLimit } from '../adapters/time-limit.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { BegunScript, ScriptHost, SiteCommand, SiteScript } from './site-script.ts';
import { siteScriptFailed } from './site-script-failed.ts';

const LAST_LINES = 3;
const MOST_OUTPUT = 256 * 1024;

/** The site's script in the running container of one of its services. */
export function containerScript(
  { config, docker }: ScriptHost,
  { service, argv, timeout }: SiteCommand,
  signal: AbortSignal,
): SiteScript {
  const container = () => runningContainer(config.project.name, docker, service);
  const failed = (cause: string, kept: string | null = null) => siteScriptFailed(argv.join(' '), cause, kept);

  async function runToItsEnd({ exec, startedAt }: BegunScript): Promise<void> {
    const output = createOutputTail(MOST_OUTPUT);
    const late = timeLimit(Math.max(1, startedAt + timeout * 1000 - Date.now()));
    const stop = AbortSignal.any([signal, late]);
    const before = await docker.inspectExec(exec);
    const isNew = before?.running === false && before.exitCode === null;
    // It is the engine that knows whether it has ended; what it prints is only kept.
    const listening = isNew ? docker.startExec(exec, (chunk) => output.push(chunk)) : Promise.resolve();
    const ended = listening.then(() => docker.waitExec(exec, stop));
    const end = await Promise.race([ended, aborted(stop)]).catch(async (error: unknown) => {
      if (!stop.aborted) throw error;
      ended.catch(() => undefined);
      const isOver = await docker.endExec(exec);
      signal.throwIfAborted();
      throw failed(`still running after ${timeout} s; it ${isOver ? 'was ended' : 'could not be ended'}`);
    });
    const kept = await keepOutput(commandOutputFolder(config), { stdout: output.text(), stderr: '' }).catch(
      () => null,
    );
    if (end?.exitCode === 0) return;
    const said = output.text().trim().split('\n').slice(-LAST_LINES).map(logFingerprint).join(' | ');
    const code = end === null ? 'an end that the engine has forgotten' : `exit code ${end.exitCode}`;
    throw failed(`${code}${said === '' ? '' : `: ${said}`}`, kept);
  }

  return {
    command: `docker-compose exec -T ${[service, ...argv].map(shellQuote).join(' ')}`,
    examine: container,
    prepare: async () => docker.createExec(await container(), argv),
    isKnown: async ({ exec }) => (await docker.inspectExec(exec)) !== null,
    runToItsEnd,
  };
}

/** The service has to run, since nothing is started for a backup. */
async function runningContainer(
  project: string,
  docker: ScriptHost['docker'],
  service: string,
): Promise<string> {
  const containers = await docker.projectContainers(project);
  const found = containers.find((one) => one.service === service && one.state === 'running');
  if (found !== undefined) return found.name;
  const state = containers.find((one) => one.service === service)?.state ?? 'not there';
  throw new OperationError({
    code: 'SERVICE_NOT_RUNNING',
    operation: 'siteBackup',
    target: `service ${service}`,
    cause: `it is ${state}, and the site's backup script is run in it`,
    hint: `Start it by compose, with the name and the files of the project (up -d --no-build --no-deps ${service}), or correct backups.command.service.`,
    retryable: false,
  });
}

async function aborted(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  throw signal.reason;
}
