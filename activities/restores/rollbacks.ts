import path from 'node:path';
import type { StagedRestore } from '../../workflows/contracts/restore-plan.ts';
import type { RollbackSurvey } from '../../workflows/contracts/rollback-plan.ts';
import { runImage } from '../adapters/docker/image-reference.ts';
import { asideFolder } from '../database/database.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { imageMutations, runName } from '../stack/images.ts';

/** Going back to before a window that completed. */
export function rollbackMutations(host: Host) {
  const { config, data, docker } = host;

  /**
   * Copies the database that a window set aside beside the live one, and proves it. Changes: a folder of the run's own.
   * Repeating it finds what is there; a failure leaves a part of it, which its undo removes.
   */
  const stageDatabaseOfWindow: Mutation<{ readonly stamp: string }, StagedRestore | null> = async (
    { effects, stamp, signal, progress },
    { stamp: window },
  ) => {
    const asideDir = asideFolder(config, stamp);
    const original = path.join(asideFolder(config, window), 'database.sqlite');
    const made = await effects.perform(
      `fdts-ops: copy ${original} into ${asideDir} and check all of it`,
      () =>
        data.stageDatabase(
          {
            database: config.data.database,
            uploads: config.data.uploads,
            without: config.data.uploadsExclude,
            asideDir,
            runId: stamp,
            original,
            listing: path.join(config.backups.scratch, `uploads-${window}.jsonl`),
          },
          { signal, onProgress: progress },
        ),
      null,
    );
    if (made === null) return null;
    const { tables, ...staged } = made;
    const { coreTables } = config.data;
    return { ...staged, coreRows: Object.fromEntries(coreTables.map((name) => [name, tables[name] ?? 0])) };
  };

  /**
   * Points the services' tags to the images of before, and keeps those of now under a tag of the run. Changes: tags.
   * Repeating it points them to the same.
   */
  const switchToOldImages: Mutation<{ readonly images: RollbackSurvey['images'] }, null> = async (
    context,
    { images },
  ) => {
    for (const { image, currentId } of images) {
      const name = runImage(image, 'old', runName(context.stamp));
      await context.effects.perform(
        `docker tag ${currentId} ${name}`,
        () => docker.tagImage(currentId, name),
        undefined,
      );
    }
    const back = images.map(({ image, oldId: id }) => ({ image, id }));
    return imageMutations(host).switchImages(context, { images: back });
  };

  /** Writes down that users are in, so that the swap is not taken back any more. Changes: its record. Safe to repeat. */
  const closeSwap: Mutation<Record<string, never>, null> = async ({ effects, stamp, signal }) => {
    const { database, uploads } = config.data;
    const asideDir = asideFolder(config, stamp);
    return effects.perform(
      `fdts-ops: note in ${asideDir} that users are in`,
      () => data.closeSwap({ database, uploads, asideDir, runId: stamp }, { signal }),
      null,
    );
  };

  return { stageDatabaseOfWindow, switchToOldImages, closeSwap };
}
