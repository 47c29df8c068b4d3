import { backupRemovalMutations } from './backups/backup-removal.ts';
import { backupMutations } from './backups/backups.ts';
import { bundleMutations } from './backups/configuration-bundle.ts';
import { retentionMutations } from './backups/retention.ts';
import { copyMutations } from './copies/project-copies.ts';
import { databaseMutations } from './database/database.ts';
import { liveDatabaseMutations } from './database/database-live.ts';
import { memoryLimitMutations } from './diagnosis/memory-limit.ts';
import { uploadModeMutations } from './diagnosis/upload-modes.ts';
import { trialMutations } from './diagnosis/user-trials.ts';
import { emergencyImageMutations } from './emergency/emergency-images.ts';
import { emergencyPackageMutations } from './emergency/emergency-packages.ts';
import { emergencyScriptMutations } from './emergency/emergency-script.ts';
import type { HoldMutations } from './execution/hold-mutations.ts';
import type { Host } from './host.ts';
import { evidenceMutations } from './incident/evidence.ts';
import { restartMutations } from './incident/incident-restart.ts';
import { secretMutations } from './incident/incident-secrets.ts';
import { isolationMutations } from './incident/isolation.ts';
import { newMachineMutations } from './new-site/new-machine.ts';
import { newSiteMutations } from './new-site/new-site.ts';
import { corruptionMutations } from './restores/corruption.ts';
import { restoreMutations } from './restores/restores.ts';
import { rollbackMutations } from './restores/rollbacks.ts';
import { appDownMutations } from './stack/app-down.ts';
import { imageMutations } from './stack/images.ts';
import { serviceRestartMutations } from './stack/service-restart.ts';
import { smokeMutations } from './stack/smoke-checks.ts';
import { stackMutations } from './stack/stack.ts';
import { startAsTheyAreMutations } from './stack/start-as-they-are.ts';
import { cleanUpMutations } from './upkeep/clean-up.ts';
import { dockerCleanUpMutations } from './upkeep/docker-clean-up.ts';
import { logMutations } from './upkeep/log-rotation.ts';
import { packageMutations } from './upkeep/packages.ts';
import { notificationMutations } from './watch/notifications.ts';

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
    ...emergencyImageMutations(host),
    ...emergencyPackageMutations(host),
    ...emergencyScriptMutations(host),
  };
}

/** The mutations of a host, its messages and the engine's own, as types for the workflows. */
export type HostMutations = ReturnType<typeof createHostMutations> &
  ReturnType<typeof notificationMutations> &
  HoldMutations;
