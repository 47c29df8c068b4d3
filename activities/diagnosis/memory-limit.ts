import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { runCommand } from '../adapters/command/run-command.ts';
import { composeUp } from '../adapters/compose/compose.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Mutation, MutationContext, Read } from '../execution/mutation.ts';
import { megabytes } from '../figures/percentile.ts';
import type { Host } from '../host.ts';
import { fromWhatServicesRan } from '../stack/images-that-ran.ts';
import { serviceStart } from '../stack/service-start.ts';
import { ANSWERS } from '../survey/answers.ts';

const UP_TIMEOUT_MS = 300_000;
const PROBE_EVERY_MS = 1000;

interface Override {
  readonly service: string;
  readonly file: string;
  /** null: the file is removed. */
  readonly content: string | null;
}

/** Giving a service a memory limit, and taking it back. */
export function memoryLimitMutations(host: Host) {
  const { config } = host;
  const { waitUntilHealthy } = serviceStart(host);

  /**
   * Writes the override file (or removes it: `content` null) and makes the container of its service anew from it and from
   * the image that it ran. Changes: that file, whole or not at all, and one container. Repeating it finds the same file, and a container that
   * was made from it already stays; a failure leaves the file, with which the container is or is not made anew.
   */
  const applyOverride: Mutation<Override, { readonly lines: readonly string[] }> = async (
    context,
    { service, file, content },
  ) => {
    const { effects, signal, progress } = context;
    const [beside = file] = config.project.composeFiles;
    await effects.perform(
      content === null
        ? `rm ${shellQuote(file)}`
        : `fdts-ops: write ${file} with a memory limit for ${service}`,
      () => host.asRoot.writeOverride({ file, content, beside }, { signal }),
      null,
    );
    const project = await host.project(signal);
    const known = project.files.filter((name) => name !== file);
    // In a dry run the file is not there; the command names it all the same.
    const files = content === null ? known : [...known, file];
    const up = composeUp({ ...project, files }, [service], { noBuild: true, noDeps: true });
    progress(`making ${service} anew`);
    const outputFolder = commandOutputFolder(config);
    const lines = await fromWhatServicesRan(host, context, [service], async () => {
      await effects.perform(
        up,
        () => runCommand(up, { timeoutMs: UP_TIMEOUT_MS, signal, outputFolder }),
        null,
      );
    });
    if (!effects.dryRun) await waitUntilServing(context, service);
    return { lines };
  };

  async function waitUntilServing(context: MutationContext, service: string): Promise<void> {
    const { signal, progress } = context;
    const timeoutMs = config.maintenance.healthTimeout * 1000;
    const containers = await host.docker.projectContainers(config.project.name);
    const ids = containers.filter((known) => known.service === service).map(({ id }) => id);
    if (service !== config.services.app) {
      await host.docker.waitUntilUp(ids, { timeoutMs, signal, onProgress: progress });
      return;
    }
    for (const through of ['app', 'proxy'] as const) await waitUntilHealthy(context, through);
  }

  return { applyOverride };
}

/** Whether a limit holds, and is no worse than none. */
export function memoryLimitReads({ config, docker, app }: Pick<Host, 'config' | 'docker' | 'app'>) {
  /** The container has the limit, and for a while runs under it: healthy, never ended for want of memory, never started again. */
  const verifyLimit: Read<
    { readonly service: string; readonly limitBytes: number; readonly seconds: number },
    { readonly checks: readonly CheckResult[] }
  > = async ({ signal, progress }, { service, limitBytes, seconds }) => {
    const stateNow = async () => {
      const container = (await docker.projectContainers(config.project.name)).find(
        (known) => known.service === service,
      );
      return container === undefined ? null : { ...(await docker.containerState(container.id)), container };
    };
    const first = await stateNow();
    const until = Date.now() + seconds * 1000;
    let probes = 0;
    let failed = 0;
    do {
      if (!(await app.checkHealth({ through: 'proxy', signal })).ok) failed += 1;
      probes += 1;
      progress(`${probes} probes, ${failed} failed`);
      await wait(Math.min(PROBE_EVERY_MS, Math.max(0, until - Date.now())), undefined, { signal });
    } while (Date.now() < until);
    const last = await stateNow();
    const ranThrough =
      first !== null && last !== null && first.container.startedAt === last.container.startedAt;
    return {
      checks: [
        {
          name: `${service} has the limit`,
          status: last?.memoryLimitBytes === limitBytes ? 'pass' : 'fail',
          expected: megabytes(limitBytes),
          got: last?.memoryLimitBytes == null ? 'none' : megabytes(last.memoryLimitBytes),
        },
        {
          name: `${service} runs under the limit`,
          status: ranThrough && last.pid !== null && !last.wasOutOfMemory ? 'pass' : 'fail',
          expected: `never ended in ${seconds} s`,
          got:
            last?.wasOutOfMemory === true
              ? 'ended for want of memory'
              : ranThrough
                ? 'as expected'
                : 'it ended and was started again',
        },
        {
          name: 'users are served under the limit',
          status: failed === 0 ? 'pass' : 'fail',
          expected: 'every probe through the proxy answered',
          got: `${failed} of ${probes} failed`,
          answer: ANSWERS.applicationDown,
        },
      ],
    };
  };

  return { verifyLimit };
}
