import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Outcome } from '../../workflows/contracts/outcome.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { isOwnTag, runImage } from '../adapters/docker/image-reference.ts';
import type { Mutation } from '../execution/mutation.ts';
import { timeOfStamp } from '../execution/stamp-time.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';
import { keptLogsFolder } from '../stack/kept-logs.ts';
import { keptAside, tellAside } from './kept-aside.ts';

/** The procedures that keep something for a way back. */
const KEEPING = [
  'plannedMaintenance',
  'weeklyMaintenance',
  'emergencyMaintenance',
  'restoreBackup',
  'rollbackMaintenance',
  'databaseCorruption',
];
/** How runs ended that a person has to look at: what they left is theirs to remove, it may be the only copy of something. */
const OPEN_ENDS: readonly Outcome[] = ['needs-operator', 'contained'];

/** Removing what earlier runs kept, once its retention has ended. */
export function cleanUpMutations({ config, data, docker, reports }: Host) {
  /**
   * Removes images and databases that runs kept for a way back, after `maintenance.rollbackRetention`. Changes: tags
   * of our own, `.fdts-ops-…` folders beside the database and in the uploads, logs that were kept. Never what a younger
   * window kept, nor a folder that holds what is nowhere else: `kept` names those. Safe to repeat.
   */
  const cleanUp: Mutation<
    Record<string, never>,
    { readonly removed: readonly string[]; readonly kept: readonly string[] }
  > = async ({ effects, stamp, signal }) => {
    const before = timeOfStamp(stamp) - config.maintenance.rollbackRetention * 1000;
    const pastRetention = async (procedures: readonly string[]): Promise<RunReport[]> => {
      const reported = await Promise.all(procedures.map((procedure) => reports.ofProcedure(procedure)));
      return reported.flat().filter(({ startedAt, dryRun }) => startedAt < before && !dryRun);
    };
    const old = (await pastRetention(KEEPING)).filter(({ outcome }) => !OPEN_ENDS.includes(outcome));
    const images = [
      ...new Set((await docker.projectContainers(config.project.name)).map(({ imageName }) => imageName)),
    ];
    const kept = await keptAside({ config, data }, { before, signal });
    const keptFolders = new Set(kept.flatMap(({ folders }) => folders));
    const removed: string[] = [];
    for (const report of old) {
      const name = `.fdts-ops-${report.stamp}`;
      const asideDir = path.join(path.dirname(config.data.database), name);
      // Uploads on a disk of their own were set aside there; the folder beside the database says what they are, and goes last.
      for (const folder of [path.join(config.data.uploads, name), `${asideDir}-damaged`, asideDir]) {
        if (keptFolders.has(folder)) continue;
        await effects.perform(
          `rm -r ${shellQuote(folder)}`,
          () => data.discardAside({ asideDir: folder }, { signal }),
          undefined,
        );
      }
      if (!keptFolders.has(asideDir)) removed.push(asideDir);
      for (const tag of images.flatMap((image) => [
        runImage(image, 'old', runName(report.stamp)),
        runImage(image, 'new', runName(report.stamp)),
      ])) {
        if (!isOwnTag(tag) || (await docker.inspectImage(tag)) === null) continue;
        await effects.perform(`docker rmi ${tag}`, () => docker.removeTag(tag), undefined);
        removed.push(tag);
      }
    }
    for (const report of await pastRetention(['applicationDown'])) {
      const folder = keptLogsFolder(config, report.stamp);
      await effects.perform(
        `rm -r ${shellQuote(folder)}`,
        () => rm(folder, { recursive: true, force: true }),
        undefined,
      );
    }
    return { removed, kept: kept.map(tellAside) };
  };

  return { cleanUp };
}
