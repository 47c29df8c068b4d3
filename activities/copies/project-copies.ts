import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { CopyData } from '../../workflows/contracts/project-copy.ts';
import type { StagedBackup } from '../adapters/data-owner/restore/restore-record.ts';
import type { CopyPlace } from '../adapters/project-copy/copy-names.ts';
import { databasePlaces } from '../database/database-places.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';
import { askApp } from '../stack/smoke-checks.ts';
import { createCopyClient } from './copy-client.ts';
import { copyContainers, note } from './copy-containers.ts';
import { copyModel, copyRequest, emptyPathsOf, placeOf } from './copy-request.ts';
import { rowsCheck } from './rows-check.ts';

/** Which copy: a short word for what it is for. A run has one copy of each purpose at a time. */
export interface CopyInput {
  readonly copy: string;
}

/** Throwaway copies of the project, which share nothing with it. */
export function copyMutations(host: Host) {
  const { config, copies, data, docker } = host;
  const { coreTables, owner, allowForeignKeyViolations } = config.data;
  const { start, stop, remove } = copyContainers(host);

  /**
   * Lays down what a copy is made from: its folder with what the services mount, and the data of a backup, proven on the
   * way. Changes: a folder in scratch. Repeating it begins anew; a failure or a kill leaves a part, which its undo removes.
   */
  const stageCopy: Mutation<
    CopyInput & { readonly archive: string; readonly hasManifest: boolean },
    CopyData
  > = async ({ effects, stamp, signal, progress }, { copy, archive, hasManifest }) => {
    const place = placeOf(config, stamp, copy);
    const { sources, empty, notes } = copyModel(host, place, await copyRequest(host, signal), {});
    const filled = await effects.perform(
      `fdts-ops: copy what the services mount to ${place.folder}, and extract ${archive} into it`,
      async () => {
        await note(place);
        await docker.removeCopyContainers(place.name);
        const { database, uploads } = config.data;
        const mostBytes = config.copies.maxFolderMegabytes * 1024 * 1024;
        await copies.makeCopyFolder(
          {
            folder: place.folder,
            database,
            databasePlaces: databasePlaces(config),
            uploads,
            owner,
            sources,
            mostBytes,
            empty: [...empty, ...emptyPathsOf(config)],
          },
          { signal },
        );
        return data.fillCopy(
          {
            archive,
            coreTables,
            allowForeignKeyViolations,
            folder: place.folder,
            database: place.database,
            uploads: place.uploads,
            ...(hasManifest ? { manifest: `${archive}.manifest.json` } : {}),
          },
          { signal, onProgress: progress },
        );
      },
      null,
    );
    return dataOf(place, filled, notes, coreTables);
  };

  /**
   * Makes the containers of a staged copy from the live images, or from those given for a service; looks at each before it
   * runs; starts them and waits until the app is healthy. Changes: containers and a network of the copy. Repeating it makes
   * them anew on the data that the copy has by then.
   */
  const startCopy: Mutation<
    CopyInput & { readonly images?: Readonly<Record<string, string>> },
    { readonly seconds: number }
  > = async (context, { copy, images = {} }) => start(context, placeOf(config, context.stamp, copy), images);

  /**
   * Asks a running copy what a user would: health, login and, when wanted, upload and download, through a port on loopback
   * that is open meanwhile. Changes: the copy's own data. Safe to repeat.
   */
  const probeCopy: Mutation<
    CopyInput & {
      readonly upload: boolean;
      /** Rows that each table had in the backup: none may be missing. */
      readonly rows: Readonly<Record<string, number>>;
    },
    { readonly checks: readonly CheckResult[] }
  > = async ({ effects, stamp, signal, progress }, { copy, upload, rows }) => {
    const place = placeOf(config, stamp, copy);
    return effects.perform(
      `fdts-ops: health, login${upload ? ', upload and download' : ''} in ${place.name}`,
      async () => {
        const client = await createCopyClient(host, place.name, await copyRequest(host, signal));
        try {
          progress('asking the copy');
          const { checks } = await askApp(client, { upload, runId: runName(stamp), signal });
          const { tables } = await data.inspectDatabase(
            { database: place.database, full: false },
            { signal },
          );
          return { checks: [...checks, rowsCheck(rows, tables)] };
        } finally {
          client.close();
        }
      },
      { checks: [] },
    );
  };

  /** Ends the containers of a copy and removes them; its data stays. Safe to repeat. */
  const stopCopy: Mutation<CopyInput, null> = async (context, { copy }) =>
    stop(context, placeOf(config, context.stamp, copy));

  /** Removes all of a copy: containers, network, volumes, folder and compose file. Safe to repeat, also when there is none. */
  const removeCopy: Mutation<CopyInput, null> = async (context, { copy }) =>
    remove(context, placeOf(config, context.stamp, copy));

  return { stageCopy, startCopy, probeCopy, stopCopy, removeCopy };
}

function dataOf(
  place: CopyPlace,
  filled: StagedBackup | null,
  notes: readonly string[],
  coreTables: readonly string[],
): CopyData {
  const where = { name: place.name, folder: path.dirname(place.composeFile), database: place.database };
  if (filled === null) return { ...where, ...NOT_STAGED_YET, notes };
  const { createdAt, sha256, tables, uploads, findings } = filled;
  const rows = Object.fromEntries(coreTables.map((table) => [table, tables[table] ?? 0]));
  return { ...where, createdAt, sha256, rows, uploads: uploads.count, findings, notes };
}

// In a dry run no archive is read.
const NOT_STAGED_YET = {
  createdAt: 'known only at run time',
  sha256: 'known only at run time',
  rows: {},
  uploads: 0,
  findings: [],
};
