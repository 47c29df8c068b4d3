import { backupFailureReads } from './backups/backup-failure.ts';
import { backupRemovalReads } from './backups/backup-removal.ts';
import { backupVerificationReads } from './backups/backup-verification.ts';
import { backupReads } from './backups/backups.ts';
import { bundleReads } from './backups/configuration-bundle.ts';
import { deepVerificationReads } from './backups/deep-verification.ts';
import { databasePlanReads } from './database/database-live.ts';
import { databasePerformanceReads } from './database/database-performance.ts';
import { schemaReads } from './database/schema.ts';
import { appPerformanceReads } from './diagnosis/app-performance.ts';
import { authenticationReads } from './diagnosis/authentication.ts';
import { diagnosisReads } from './diagnosis/diagnosis.ts';
import { errorRateReads } from './diagnosis/error-rate.ts';
import { memoryReads } from './diagnosis/memory.ts';
import { memoryLimitReads } from './diagnosis/memory-limit.ts';
import { proxyReads } from './diagnosis/proxy-config.ts';
import { slowResponseReads } from './diagnosis/slow-response.ts';
import { uploadModeReads } from './diagnosis/upload-modes.ts';
import { closeWatchReads } from './emergency/close-watch.ts';
import { emergencySurveyReads } from './emergency/emergency-survey.ts';
import type { Host } from './host.ts';
import { isolationReads } from './incident/isolation.ts';
import { probePorts } from './incident/port-probes.ts';
import { recoverySurveyReads } from './new-site/recovery-survey.ts';
import { retirementReads } from './new-site/retirement.ts';
import { restoreReads } from './restores/compare-restore.ts';
import { corruptionReads } from './restores/corruption.ts';
import { restoreSurveyReads } from './restores/restore-survey.ts';
import { rollbackSurveyReads } from './restores/rollback-survey.ts';
import { appDownReads } from './stack/app-down-survey.ts';
import { restartReads } from './stack/service-restart.ts';
import { healthReads } from './survey/health-checks.ts';
import { planReads } from './survey/plan-check.ts';
import { surveyReads } from './survey/survey.ts';
import { cleanUpReads } from './upkeep/docker-clean-up.ts';
import { imageScanReads } from './upkeep/image-scan.ts';
import { logReads } from './upkeep/log-rotation.ts';
import { weeklySurveyReads } from './upkeep/weekly-survey.ts';
import type { LookReads } from './watch/host-looks.ts';
import { watchReads } from './watch/watch.ts';

/** Every read that a host can make. */
export function createHostReads(host: Host) {
  return {
    ...surveyReads(host),
    ...healthReads(host),
    ...backupReads(host),
    ...backupVerificationReads(host),
    ...deepVerificationReads(host),
    ...recoverySurveyReads(host),
    ...retirementReads(host),
    ...watchReads(host),
    ...planReads(host),
    ...bundleReads(host),
    ...restoreSurveyReads(host),
    ...restoreReads(host),
    ...corruptionReads(host),
    ...appDownReads(host),
    ...rollbackSurveyReads(host),
    ...isolationReads(host),
    probePorts,
    ...databasePerformanceReads(host),
    ...appPerformanceReads(host),
    ...diagnosisReads(host),
    ...errorRateReads(host),
    ...restartReads(host),
    ...slowResponseReads(host),
    ...uploadModeReads(host),
    ...proxyReads(host),
    ...authenticationReads(host),
    ...backupFailureReads(host),
    ...backupRemovalReads(host),
    ...memoryReads(host),
    ...memoryLimitReads(host),
    ...weeklySurveyReads(host),
    ...cleanUpReads(host),
    ...databasePlanReads(host),
    ...schemaReads(host),
    ...logReads(host),
    ...imageScanReads(host),
    ...emergencySurveyReads(host),
    ...closeWatchReads(host),
  };
}

/** Its reads and the watch's, as types for the workflows. */
export type HostReads = ReturnType<typeof createHostReads> & LookReads;
