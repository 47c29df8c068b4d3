import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { RestoreSurvey } from '../../workflows/contracts/restore-plan.ts';
import type { RestoreGround } from '../adapters/data-owner/operations/find-restore-obstacles.ts';
import { type ChosenArchive, findArchive } from '../backups/find-archive.ts';
import { passedOverChecks } from '../backups/passed-over.ts';
import { asideFolder } from '../database/database.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { lastDowntime, surveyStop } from '../survey/survey-stop.ts';

/** Finding out whether a restore can be made, whatever state FDTS is in. */
export function restoreSurveyReads(host: Host) {
  const { config, data, reports } = host;

  /** Everything that a restore needs, checked, and what it will work with. A live database that is damaged or gone is no obstacle. */
  const surveyRestore: Read<{ readonly archive: string | null }, RestoreSurvey> = async (
    context,
    { archive },
  ) => {
    const { signal, stamp } = context;
    const found = await findArchive(host, archive, signal);
    const { database, uploads, uploadsExclude: without } = config.data;
    const ground = await data.findRestoreObstacles(
      {
        database,
        uploads,
        without,
        asideDir: asideFolder(config, stamp),
        ...(found.manifest && { manifest: `${found.archive}.manifest.json` }),
      },
      { signal },
    );
    const survey = await surveyStop(host, context);
    return {
      ...survey,
      checks: [
        archiveCheck(found),
        ...passedOverChecks(found, { asks: true }),
        ...groundChecks(ground, found, config),
        ...survey.checks,
      ],
      archive: found.archive,
      hasManifest: found.manifest,
      archiveSchema: ground.archiveSchema,
      lastDowntimeSeconds: await lastDowntime(reports, 'restoreBackup'),
    };
  };

  return { surveyRestore };
}

function archiveCheck({ told, mayBeOlder, otherHost }: ChosenArchive): CheckResult {
  return {
    name: 'the archive',
    status: mayBeOlder || otherHost !== null ? 'not proven' : 'pass',
    expected: 'there, and of this host',
    got: told,
    ...(otherHost !== null && {
      answer: `be sure that the data of ${otherHost} is meant: it takes the place of the data here`,
    }),
    ...(mayBeOlder && {
      answer:
        'a newer one may lie in the folder that could not be read: mend that first, or name the archive',
    }),
  };
}

/** The database twice (one copy is compared with), the uploads once, and room to go on. */
const SPARE_BYTES = 256_000_000;

function groundChecks(
  ground: RestoreGround,
  found: { readonly bytes: number },
  { data }: Host['config'],
): CheckResult[] {
  const { freeBytes, oneFileSystem, archiveContent } = ground;
  // Without a manifest it is known only when the archive is read, which is never larger than its content by much.
  const { databaseBytes, uploadBytes } = archiveContent ?? {
    databaseBytes: Math.max(ground.databaseBytes, found.bytes),
    uploadBytes: Math.max(ground.uploads.bytes, found.bytes),
  };
  const ofDatabase = 2 * databaseBytes + SPARE_BYTES;
  const folder = path.dirname(data.database);
  return [
    {
      name: 'database and uploads can be moved by a rename',
      status: ground.obstacles.length === 0 ? 'pass' : 'fail',
      expected: 'no links, second names or mount points in between',
      got: ground.obstacles.map(({ what, got }) => `${what}: ${got}`).join('; ') || 'as expected',
      answer: ground.obstacles.map(({ todo }) => todo).join('; ') || 'nothing to do',
    },
    ...(oneFileSystem
      ? [room(folder, freeBytes.database, ofDatabase + uploadBytes)]
      : [
          room(folder, freeBytes.database, ofDatabase),
          room(data.uploads, freeBytes.uploads, uploadBytes + SPARE_BYTES),
        ]),
  ];
}

function room(place: string, free: number, needed: number): CheckResult {
  return {
    name: `room in ${place}`,
    status: free >= needed ? 'pass' : 'fail',
    expected: `${megabytes(needed)} free`,
    got: `${megabytes(free)} free`,
    answer: 'free space there, then start again',
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
