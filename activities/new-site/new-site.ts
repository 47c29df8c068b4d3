import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { SiteBundle } from '../../workflows/contracts/new-site.ts';
import type { StagedRestore } from '../../workflows/contracts/restore-plan.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { rootTaskUnit, runRootTask, startRootTask } from '../adapters/command/root-task.ts';
import { runCommand } from '../adapters/command/run-command.ts';
import { composeUp } from '../adapters/compose/compose.ts';
import { copyContainers } from '../copies/copy-containers.ts';
import { placeOf } from '../copies/copy-request.ts';
import { rowsCheck } from '../copies/rows-check.ts';
import { liesBesideProject } from '../database/database-places.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { restoreMutations } from '../restores/restores.ts';
import { runName } from '../stack/images.ts';
import { smokeMutations } from '../stack/smoke-checks.ts';
import { placesOf, recordOf } from './new-site-places.ts';

const UP_TIMEOUT_MS = 300_000;

/** Making a machine that has nothing a host of FDTS. */
export function newSiteMutations(host: Host) {
  const { config, docker, asRoot, data } = host;
  const outputFolder = commandOutputFolder(config);
  const { remove: removeCopy } = copyContainers(host);

  /**
   * Places the configuration of a bundle under its paths; what is there with another content is renamed beside. Changes:
   * those files. Repeating it goes on; its undo takes back whatever it left.
   */
  const placeConfiguration: Mutation<SiteBundle, { readonly placed: number }> = async (
    { effects, stamp, signal },
    bundle,
  ) =>
    effects.perform(
      `fdts-ops bundle extract ${shellQuote(bundle.bundle)}    # each file under its path, below what the configuration names`,
      () =>
        asRoot.placeBundle(
          { ...placesOf(config, bundle), record: recordOf(stamp), runId: stamp },
          { signal },
        ),
      { placed: 0 },
    );

  /** Takes back the configuration that was placed. Safe to repeat. */
  const takeBackConfiguration: Mutation<Record<string, never>, null> = async ({ effects, stamp, signal }) =>
    effects.perform(
      `fdts-ops: remove what was placed, as ${recordOf(stamp)} says`,
      () => asRoot.takeBackPlaced({ record: recordOf(stamp) }, { signal }),
      null,
    );

  /** Makes the folders of the data for their owner. Changes: folders that are missing. Safe to repeat; empty ones stay. */
  const makeDataFolders: Mutation<Record<string, never>, null> = async ({ effects, signal }) => {
    const { database, uploads, owner } = config.data;
    const backups = config.backups.folder;
    return effects.perform(
      `install -d -o ${owner.uid} -g ${owner.gid} -m 0750 ${[path.dirname(database), uploads, backups].map(shellQuote).join(' ')}`,
      () =>
        asRoot.makeDataFolders(
          { database, uploads, backups, owner, isBesideProject: liesBesideProject(config) },
          { signal },
        ),
      null,
    );
  };

  /**
   * Starts services (none named: all) from the images that are here. Waits for a
   * healthy app. Changes: containers and networks. Safe to repeat.
   */
  const deploySite: Mutation<{ readonly services: readonly string[] }, null> = async (
    { effects, signal, progress },
    { services },
  ) => {
    // Which compose it will be is known once one is installed.
    if (effects.dryRun) {
      effects.commands.push(['docker compose up --detach --no-build', ...services].join(' '));
      return null;
    }
    const command = composeUp(await host.project(signal), services, { noBuild: true });
    const run = { timeoutMs: UP_TIMEOUT_MS, signal, outputFolder };
    progress(`starting ${services.join(', ') || 'every service'}`);
    await effects.perform(command, () => runCommand(command, run), null);
    const timeoutMs = config.maintenance.healthTimeout * 1000;
    await host.app.waitUntilHealthy({ timeoutMs, signal });
    return null;
  };

  /** Stops the containers of the project, and keeps Docker from starting them; images and data stay. Safe to repeat. */
  const withdrawSite: Mutation<Record<string, never>, null> = async ({ effects }) =>
    effects.perform(
      `docker stop the containers of ${config.project.name}`,
      async () => {
        for (const { id } of await docker.projectContainers(config.project.name)) await endForGood(id);
        return null;
      },
      null,
    );

  async function endForGood(id: string): Promise<void> {
    await docker.setRestartPolicy(id, 'no');
    await docker.stopContainer(id, config.maintenance.stopTimeout);
  }

  /** Has the unit of FDTS start at boot. Changes: a link of systemd. Safe to repeat. */
  const enableAtBoot: Mutation<Record<string, never>, null> = async ({ effects, stamp, step, signal }) => {
    const { unit } = config.project;
    if (unit === null) return null;
    const task = { run: runName(stamp), step };
    return effects.perform(
      startRootTask(rootTaskUnit(task, [unit]), 'enable-stack', [unit]),
      async () => {
        await runRootTask(task, 'enable-stack', [unit], { timeoutMs: UP_TIMEOUT_MS, signal });
        return null;
      },
      null,
    );
  };

  /** Makes the folders of the data, and extracts a backup beside their place. As `stageRestore`. */
  const stageNewSite: Mutation<
    { readonly archive: string; readonly hasManifest: boolean },
    StagedRestore
  > = async (context, input) => {
    await makeDataFolders(context, {});
    return restoreMutations(host).stageRestore(context, input);
  };

  /** As `smokeTest`, and compares the rows of the running FDTS with those of the backup. Safe to repeat. */
  const verifySite: Mutation<
    { readonly rows: Readonly<Record<string, number>> },
    { readonly checks: readonly CheckResult[] }
  > = async (context, { rows }) => {
    const { checks } = await smokeMutations(host).smokeTest(context, {});
    if (context.effects.dryRun) return { checks: [] };
    const { database } = config.data;
    const { tables } = await data.inspectDatabase({ database, full: false }, { signal: context.signal });
    return { checks: [...checks, rowsCheck(rows, tables)] };
  };

  /** Removes the copy of a drill and the configuration that was placed for it. Safe to repeat. */
  const removeDrill: Mutation<{ readonly copy: string }, null> = async (context, input) => {
    await removeCopy(context, placeOf(config, context.stamp, input.copy));
    return takeBackConfiguration(context, {});
  };

  return {
    placeConfiguration,
    takeBackConfiguration,
    stageNewSite,
    deploySite,
    withdrawSite,
    verifySite,
    enableAtBoot,
    removeDrill,
  };
}
