import { runCommand } from '../adapters/command/run-command.ts';
import { composeUp } from '../adapters/compose/compose.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { fromWhatServicesRan } from '../stack/images-that-ran.ts';
import { serviceStart } from '../stack/service-start.ts';

const UP_TIMEOUT_MS = 300_000;

/** Starting FDTS anew after an incident. */
export function restartMutations(host: Host) {
  const { config, docker } = host;
  const { waitUntilHealthy } = serviceStart(host);

  /**
   * Makes the containers of services anew from the images that they ran, so that they have the new environment and nothing
   * that somebody changed in them, and waits until the app is healthy on its inner port. Changes: containers; what was in the
   * old ones is gone. Safe to repeat. A failure leaves some of them stopped or not made, for which users wait anyway.
   */
  const recreateServices: Mutation<
    { readonly services: readonly string[] },
    { readonly lines: readonly string[] }
  > = async (context, { services }) => {
    const { effects, signal, progress } = context;
    const project = await host.project(signal);
    const outputFolder = commandOutputFolder(config);
    const lines = await fromWhatServicesRan(host, context, services, async () => {
      for (const service of services) {
        progress(`making ${service} anew`);
        const command = composeUp(project, [service], { noBuild: true, noDeps: true, forceRecreate: true });
        await effects.perform(
          command,
          () => runCommand(command, { timeoutMs: UP_TIMEOUT_MS, signal, outputFolder }),
          null,
        );
      }
    });
    if (effects.dryRun) return { lines };
    const made = await docker.projectContainers(config.project.name);
    const ids = made.filter(({ service }) => services.includes(service)).map(({ id }) => id);
    await docker.waitUntilUp(ids, {
      timeoutMs: config.maintenance.healthTimeout * 1000,
      signal,
      onProgress: progress,
    });
    await waitUntilHealthy(context, 'app');
    return { lines };
  };

  return { recreateServices };
}
