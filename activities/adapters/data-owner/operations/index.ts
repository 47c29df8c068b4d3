import type { KeyConfig } from '../../configuration-bundle/bundle-key.ts';
import type { MakeBundleArgs } from '../../configuration-bundle/make-bundle.ts';
import type { CollectPlan } from '../../configuration-bundle/plan-bundle.ts';
import type { PackConfigurationArgs } from '../../evidence/pack-configuration.ts';
import { makeCopyFolder, removeCopyFolder } from '../../project-copy/make-copy-folder.ts';
import type { OperationContext } from '../child-messages.ts';

/** Loads an operation when it is asked for: users may wait for the one, and to load all takes as long as most of them. */
function loaded<Args extends unknown[], Result>(load: () => Promise<(...args: Args) => Promise<Result>>) {
  return async (...args: Args): Promise<Result> => (await load())(...args);
}

/** What the child can do, by the name that the parent asks for. */
export const operations = {
  inspectDatabase: loaded(async () => (await import('./inspect-database.ts')).inspectDatabase),
  timeQueries: loaded(async () => (await import('./time-queries.ts')).timeQueries),
  findLocks: loaded(async () => (await import('./find-locks.ts')).findLocks),
  findWrongModes: loaded(async () => (await import('./find-wrong-modes.ts')).findWrongModes),
  setModes: loaded(async () => (await import('./set-modes.ts')).setModes),
  lookThroughUploads: loaded(async () => (await import('./look-through-uploads.ts')).lookThroughUploads),
  roomForBackup: loaded(async () => (await import('./room-for-backup.ts')).roomForBackup),
  inspectSecrets: loaded(async () => (await import('../../env-file/inspect-secrets.ts')).inspectSecrets),
  probeFolder: loaded(async () => (await import('./probe-folder.ts')).probeFolder),
  writeOverride: loaded(async () => (await import('./write-override.ts')).writeOverride),
  createBackup: loaded(async () => (await import('./create-backup.ts')).createBackup),
  countSnapshot: loaded(async () => (await import('./count-snapshot.ts')).countSnapshot),
  verifyBackup: loaded(async () => (await import('./verify-backup.ts')).verifyBackup),
  copyVerified: loaded(async () => (await import('./copy-verified.ts')).copyVerified),
  settleDatabase: loaded(async () => (await import('./settle-database.ts')).settleDatabase),
  optimizeDatabase: loaded(async () => (await import('./optimize-database.ts')).optimizeDatabase),
  measureOptimize: loaded(async () => (await import('./measure-optimize.ts')).measureOptimize),
  optimizeLive: loaded(async () => (await import('./optimize-live.ts')).optimizeLive),
  setDatabaseAside: loaded(async () => (await import('./set-database-aside.ts')).setDatabaseAside),
  restoreAside: loaded(async () => (await import('./restore-aside.ts')).restoreAside),
  restoreFromBackup: loaded(async () => (await import('./restore-from-backup.ts')).restoreFromBackup),
  listUploads: loaded(async () => (await import('./list-uploads.ts')).listUploads),
  setAsideNewUploads: loaded(async () => (await import('./set-aside-new-uploads.ts')).setAsideNewUploads),
  findAside: loaded(async () => (await import('./find-aside.ts')).findAside),
  discardAside: loaded(async () => (await import('./discard-aside.ts')).discardAside),
  listBackups: loaded(async () => (await import('./list-backups.ts')).listBackups),
  lookAtFolder: loaded(async () => (await import('./look-at-folder.ts')).lookAtFolder),
  recordVerified: loaded(async () => (await import('./record-verified.ts')).recordVerified),
  forgetVerified: loaded(async () => (await import('./forget-verified.ts')).forgetVerified),
  recordCopyVerified: loaded(async () => (await import('./record-copy-verified.ts')).recordCopyVerified),
  hashArchive: loaded(async () => (await import('./hash-archive.ts')).hashArchive),
  hashDamaged: loaded(async () => (await import('./hash-damaged.ts')).hashDamaged),
  removeBackups: loaded(async () => (await import('./remove-backups.ts')).removeBackups),
  freeSpace: loaded(async () => (await import('./free-space.ts')).freeSpace),
  planBundle: async (args: CollectPlan & { key: KeyConfig }, context: OperationContext) =>
    (await import('../../configuration-bundle/plan-bundle.ts')).planBundle(args, context),
  makeBundle: async (args: MakeBundleArgs, context: OperationContext) =>
    (await import('../../configuration-bundle/make-bundle.ts')).makeBundle(args, context),
  packConfiguration: async (args: PackConfigurationArgs, context: OperationContext) =>
    (await import('../../evidence/pack-configuration.ts')).packConfiguration(args, context),
  copyFile: loaded(async () => (await import('../../evidence/copy-file.ts')).copyFile),
  hashTree: loaded(async () => (await import('../../evidence/hash-tree.ts')).hashTree),
  readAuditRows: loaded(async () => (await import('../../evidence/read-audit-rows.ts')).readAuditRows),
  rotateSecrets: loaded(async () => (await import('../../env-file/rotate-secrets.ts')).rotateSecrets),
  findRestoreObstacles: loaded(
    async () => (await import('./find-restore-obstacles.ts')).findRestoreObstacles,
  ),
  lookForObstacles: loaded(async () => (await import('./look-for-obstacles.ts')).lookForObstacles),
  stageRestore: loaded(async () => (await import('./stage-restore.ts')).stageRestore),
  readOwners: loaded(async () => (await import('./read-owners.ts')).readOwners),
  findOwners: loaded(async () => (await import('./find-owners.ts')).findOwners),
  giveOwners: loaded(async () => (await import('./give-owners.ts')).giveOwners),
  stageDatabase: loaded(async () => (await import('./stage-database.ts')).stageDatabase),
  compareWithStaged: loaded(async () => (await import('./compare-with-staged.ts')).compareWithStaged),
  swapInRestored: loaded(async () => (await import('./swap-in-restored.ts')).swapInRestored),
  takeBackRestored: loaded(async () => (await import('./take-back-restored.ts')).takeBackRestored),
  discardStaged: loaded(async () => (await import('./discard-staged.ts')).discardStaged),
  salvageRows: loaded(async () => (await import('./salvage-rows.ts')).salvageRows),
  makeCopyFolder,
  fillCopy: loaded(async () => (await import('../../project-copy/fill-copy.ts')).fillCopy),
  removeCopyFolder,
  closeSwap: loaded(async () => (await import('./close-swap.ts')).closeSwap),
  findData: loaded(async () => (await import('../../new-site/make-data-folders.ts')).findData),
  makeDataFolders: loaded(async () => (await import('../../new-site/make-data-folders.ts')).makeDataFolders),
  planPlacing: loaded(async () => (await import('../../new-site/place-bundle.ts')).planPlacing),
  placeBundle: loaded(async () => (await import('../../new-site/place-bundle.ts')).placeBundle),
  takeBackPlaced: loaded(async () => (await import('../../new-site/place-bundle.ts')).takeBackPlaced),
};

export type Operations = typeof operations;
export type OperationName = keyof Operations;
