import { appDownMutations } from './app-down.ts';
import { backupRemovalMutations } from './backup-removal.ts';
import { backupMutations } from './backups.ts';
import { cleanUpMutations } from './clean-up.ts';
import { bundleMutations } from './configuration-bundle.ts';
import { corruptionMutations } from './corruption.ts';
import { databaseMutations } from './database.ts';
import { liveDatabaseMutations } from './database-live.ts';
import { dockerCleanUpMutations } from './docker-clean-up.ts';
import { evidenceMutations } from './evidence.ts';
import type { HoldMutations } from './hold-mutations.ts';
import type { Host } from './host.ts';
import { imageMutations } from './images.ts';
import { restartMutations } from './incident-restart.ts';
import { secretMutations } from './incident-secrets.ts';
import { isolationMutations } from './isolation.ts';
import { logMutations } from './log-rotation.ts';
import { memoryLimitMutations } from './memory-limit.ts';
import { newMachineMutations } from './new-machine.ts';
import { newSiteMutations } from './new-site.ts';
import { notificationMutations } from './notifications.ts';
import { packageMutations } from './packages.ts';
import { copyMutations } from './project-copies.ts';
import { restoreMutations } from './restores.ts';
import { retentionMutations } from './retention.ts';
import { rollbackMutations } from './rollbacks.ts';
import { serviceRestartMutations } from './service-restart.ts';
import { smokeMutations } from './smoke-checks.ts';
import { stackMutations } from './stack.ts';
import { startAsTheyAreMutations } from './start-as-they-are.ts';
import { uploadModeMutations } from './upload-modes.ts';
import { trialMutations } from './user-trials.ts';

/** Every change that a host can make, by the name under which runs, the journal and `recover` call it. */
export function createHostMutations(host: Host) {
  return {
    ...backupMutations(host),
    ...bundleMutations(host),
    ...databaseMutations(host),
    ...imageMutations(host),
    ...stackMutations(host),
    ...packageMutations(host),
    ...smokeMutations(host),
    ...copyMutations(host),
    ...serviceRestartMutations(host),
    ...uploadModeMutations(host),
    ...trialMutations(host),
    ...backupRemovalMutations(host),
    ...memoryLimitMutations(host),
    ...newMachineMutations(host),
    ...newSiteMutations(host),
    ...restoreMutations(host),
    ...corruptionMutations(host),
    ...appDownMutations(host),
    ...rollbackMutations(host),
    ...cleanUpMutations(host),
    ...retentionMutations(host),
    ...isolationMutations(host),
    ...evidenceMutations(host),
    ...secretMutations(host),
    ...restartMutations(host),
    ...dockerCleanUpMutations(host),
    ...liveDatabaseMutations(host),
    ...logMutations,
    ...startAsTheyAreMutations(host),
  };
}

/** The mutations of a host, its messages and the engine's own, as types for the workflows. */
export type HostMutations = ReturnType<typeof createHostMutations> &
  ReturnType<typeof notificationMutations> &
  HoldMutations;
