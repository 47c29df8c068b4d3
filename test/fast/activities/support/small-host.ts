import { explainFailure } from '../../../../activities/adapters/data-owner/files/explain-failure.ts';
import { operations } from '../../../../activities/adapters/data-owner/operations/index.ts';
import type { DataOwner } from '../../../../activities/adapters/data-owner/run-as-owner.ts';
import { ReportStore } from '../../../../activities/adapters/report-store.ts';
import { completeHost } from '../../../../config/complete-host.ts';
import { hostSchema } from '../../../../config/host-schema.ts';
import { context, type Site } from '../../data-owner/support/build-site.ts';

/** What activities around backups work with, on a real site; its operations run in this process. */
export function smallHost(
  site: Site,
  backups: Record<string, unknown> = {},
  data: Record<string, unknown> = {},
) {
  const parsed = hostSchema.parse({
    host: { name: 'web-1', timezone: 'UTC' },
    project: { folder: site.root },
    data: {
      database: site.database,
      uploads: site.uploads,
      owner: { uid: 1, gid: 1 },
      coreTables: ['users', 'audit_logs'],
      ...data,
    },
    backups: { folder: site.backups, scratch: site.scratch, ...backups },
    state: { folder: `${site.root}/state` },
    checks: { login: null, upload: null },
  });
  return {
    config: completeHost(parsed),
    data: inThisProcess,
    reports: new ReportStore(`${site.root}/state/reports`),
  };
}

const inThisProcess = {
  // As the child that it is on a real host tells it.
  listBackups: (args) =>
    operations.listBackups(args).catch((error: unknown) => {
      throw explainFailure('listBackups', error);
    }),
  lookAtFolder: (args) => operations.lookAtFolder(args),
  removeBackups: (args) => operations.removeBackups(args, context),
  hashArchive: (args) => operations.hashArchive(args, context),
  verifyBackup: (args) => operations.verifyBackup(args, context),
  recordVerified: (args) => operations.recordVerified(args, context),
  forgetVerified: (args) => operations.forgetVerified(args, context),
} satisfies Partial<DataOwner>;

/** What an activity is told, for a run that began then. */
export const run = (stamp = '20260601_020000') => ({
  stamp,
  step: 'made-up',
  round: 0,
  signal: new AbortController().signal,
  progress: () => undefined,
});
