import path from 'node:path';
import type { MovedImage, StartTried } from '../../workflows/contracts/mending-plan.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { Command } from '../adapters/command/command.ts';
import { runCommand } from '../adapters/command/run-command.ts';
import { composeDown, composeUp } from '../adapters/compose/compose.ts';
import { holdStackFile, isStackHeld } from '../adapters/compose/hold-stack.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Mutation, MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { fromImagesThatRan } from './images-that-ran.ts';
import { keepOutputOf, keptLogsFolder } from './kept-logs.ts';

/** How many lines of each service are kept, and how far the unit's journal goes back: as the runbook says. */
const LOG_LINES = 100;
const JOURNAL_SINCE = '10 minutes ago';
const COMPOSE_TIMEOUT_MS = 300_000;

/** Starting FDTS again, one way after the other. */
export function appDownMutations(host: Host) {
  const { config, docker, app, project: projectOf } = host;
  const outputFolder = commandOutputFolder(config);

  /**
   * Keeps the last log lines of every service, and of the unit, on the host: a container that is made anew has lost them.
   * Changes: files with mode 0600. Repeating it writes them anew; one log that cannot be had hides no other.
   */
  const keepLogs: Mutation<Record<string, never>, { readonly lines: readonly string[] }> = async ({
    effects,
    stamp,
    signal,
  }) => {
    const folder = keptLogsFolder(config, stamp);
    const containers = await docker.projectContainers(config.project.name);
    const logs: (readonly [string, readonly [string, ...string[]]])[] = containers.map(({ name }) => [
      name,
      ['docker', 'logs', '--timestamps', '--tail', String(LOG_LINES), name],
    ]);
    const { unit } = config.project;
    if (unit !== null)
      logs.push([unit, ['journalctl', '--no-pager', '--unit', unit, '--since', JOURNAL_SINCE]]);
    const lines: string[] = [];
    for (const [name, argv] of logs) {
      const file = path.join(folder, `${name}.log`);
      const told = await effects.perform(
        `${argv.map(shellQuote).join(' ')} > ${shellQuote(file)}`,
        () => keepOutputOf(argv, file, signal),
        null,
      );
      if (told !== null) lines.push(`${file}: ${told}`);
    }
    return { lines };
  };

  /**
   * Restarts the app, or makes it when it has no container. Changes: its container. Repeating it restarts it again; an app
   * that does not become healthy is an answer.
   */
  const restartApp: Mutation<Record<string, never>, StartTried> = async (context) => {
    const { effects, signal } = context;
    const service = config.services.app;
    const known = (await docker.projectContainers(config.project.name)).find(
      (container) => container.service === service,
    );
    const timeout = config.maintenance.stopTimeout;
    return started(context, async () => {
      if (known !== undefined) {
        const command = `docker restart --time ${timeout} ${known.name}`;
        await effects.perform(command, () => docker.restartContainer(known.id, timeout), undefined);
        return;
      }
      const make = composeUp(await projectOf(signal), [service], { noBuild: true, noDeps: true });
      await effects.perform(
        make,
        () => runCommand(make, { timeoutMs: COMPOSE_TIMEOUT_MS, signal, outputFolder }),
        null,
      );
    });
  };

  /**
   * Takes all containers of the project away and makes them anew from the images that they ran (`moved`: those whose names
   * mean another one by now): never a volume, never an image. Changes: containers and the project's networks. A `down` that
   * fails (something else is on a network of the project) is told, and the rest is brought up all the same. Safe to repeat:
   * the second time only what is missing is made, after another down. What fails is an answer.
   */
  const recreateStack: Mutation<{ readonly moved?: readonly MovedImage[] }, StartTried> = async (
    context,
    { moved = [] },
  ) => {
    const { effects, signal } = context;
    const project = await projectOf(signal);
    const down = composeDown(project, { timeoutSeconds: config.maintenance.stopTimeout });
    const up = composeUp(project, [], { noBuild: true });
    const perform = (command: Command) =>
      effects.perform(
        command,
        () => runCommand(command, { timeoutMs: COMPOSE_TIMEOUT_MS, signal, outputFolder }),
        null,
      );
    const notes: string[] = [];
    const tried = await started(context, async () => {
      const told = await fromImagesThatRan(host, context, moved, async () => {
        try {
          await perform(down);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof OperationError)) throw error;
          notes.push(`not everything could be taken down: ${error.message}`);
        }
        await perform(up);
      });
      notes.push(...told);
    });
    return { ...tried, told: [tried.told, ...notes].join('; ') };
  };

  async function started(
    { effects, signal, progress }: MutationContext,
    start: () => Promise<void>,
  ): Promise<StartTried> {
    if (!effects.dryRun && (await isStackHeld())) throw heldDown();
    const since = Date.now();
    try {
      await start();
      if (effects.dryRun) return { healthy: true, seconds: null, told: 'known only at run time' };
      const through = config.services.proxy === null ? 'app' : 'proxy';
      await app.waitUntilHealthy({
        through,
        timeoutMs: config.maintenance.healthTimeout * 1000,
        signal,
        onProbe: ({ ok, problem }) => progress(ok ? 'healthy' : `not healthy yet: ${problem}`),
      });
      const seconds = (Date.now() - since) / 1000;
      return { healthy: true, seconds, told: `healthy ${seconds.toFixed(1)} s after it began` };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError) || error.code === 'ENGINE_DOWN') throw error;
      return { healthy: false, seconds: null, told: error.message };
    }
  }

  return { keepLogs, restartApp, recreateStack };
}

function heldDown(): OperationError {
  return new OperationError({
    code: 'STACK_HELD',
    operation: 'start',
    target: 'FDTS',
    cause: `${holdStackFile} keeps it from starting`,
    hint: 'sudo fdts-ops doctor on the host says why and what to do.',
    retryable: false,
  });
}
