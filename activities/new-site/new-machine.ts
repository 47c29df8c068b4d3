import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rootTaskUnit, runRootTask, startRootTask } from '../adapters/command/root-task.ts';
import { runCommand } from '../adapters/command/run-command.ts';
import { composeBuild, composePull, runImageOverride } from '../adapters/compose/compose.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Mutation, MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { readModel, runName } from '../stack/images.ts';

const INSTALL_TIMEOUT_MS = 1_800_000;
const IMAGE_TIMEOUT_MS = 3_600_000;

/**
 * Installs a Docker engine and compose where they are missing, and starts the engine. Changes: packages, from the
 * repositories that the machine knows. Repeating it does what is left; a failure leaves the packages that it got.
 */
const installEngine: Mutation<Record<string, never>, { readonly lines: readonly string[] }> = async ({
  effects,
  stamp,
  step,
  signal,
  progress,
}) => {
  const task = { run: runName(stamp), step };
  return effects.perform(
    startRootTask(rootTaskUnit(task), 'install-engine'),
    async () => {
      progress('installing what is missing of Docker and compose');
      const said = await runRootTask(task, 'install-engine', [], { timeoutMs: INSTALL_TIMEOUT_MS, signal });
      return { lines: said.trim().split('\n').slice(-6) };
    },
    { lines: [] },
  );
};

/** Getting an engine and images onto a machine that has none. */
export function newMachineMutations(host: Host) {
  const { config, docker } = host;
  const outputFolder = commandOutputFolder(config);

  /**
   * Gets every image that a service names and this machine lacks: from a file of saved images when one is given, else built
   * from the project's own sources, else pulled. Changes: images. Repeating it gets what is left.
   */
  const getImages: Mutation<
    { readonly images: string | null },
    { readonly lines: readonly string[] }
  > = async (context, { images }) => {
    const { effects, signal, progress } = context;
    const lines: string[] = [];
    if (images !== null) {
      const load = { argv: ['docker', 'load', '--quiet', '--input', images] } as const;
      progress(`loading ${images}`);
      await effects.perform(load, () => runCommand(load, { timeoutMs: IMAGE_TIMEOUT_MS, signal }), null);
      lines.push(`loaded from ${images}`);
    }
    if (effects.dryRun) return { lines: [...lines, 'what else is missing is known only at run time'] };
    for (const [service, { image, build }] of Object.entries((await readModel(host, signal)).services)) {
      const name = image ?? `${config.project.name}_${service}`;
      if ((await docker.inspectImage(name)) !== null) lines.push(`${service}: ${name} is here`);
      else if (build === null) lines.push(await pull(context, service, name));
      else lines.push(await buildImage(context, service, name));
    }
    return { lines };
  };

  async function pull({ effects, signal, progress }: MutationContext, service: string, name: string) {
    const command = composePull(await host.project(signal), service);
    progress(`pulling ${name}`);
    await effects.perform(
      command,
      () => runCommand(command, { timeoutMs: IMAGE_TIMEOUT_MS, signal, outputFolder }),
      null,
    );
    return `${service}: ${name} was pulled`;
  }

  async function buildImage(context: MutationContext, service: string, name: string): Promise<string> {
    const { effects, stamp, signal, progress } = context;
    const overrideFile = path.join(config.state.folder, 'builds', `${runName(stamp)}-${service}.yml`);
    const command = composeBuild(await host.project(signal), service, { overrideFile });
    progress(`building ${name}`);
    await effects.perform(
      command,
      async () => {
        await mkdir(path.dirname(overrideFile), { recursive: true, mode: 0o755 });
        await writeFile(overrideFile, runImageOverride(service, name), { mode: 0o644 });
        await runCommand(command, { timeoutMs: IMAGE_TIMEOUT_MS, signal, outputFolder });
      },
      null,
    );
    return `${service}: ${name} was built`;
  }

  return { installEngine, getImages };
}
