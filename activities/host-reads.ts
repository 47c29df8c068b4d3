import { appDownReads } from './app-down.ts';
import { appPerformanceReads } from './app-performance.ts';
import { authenticationReads } from './authentication.ts';
import { backupFailureReads } from './backup-failure.ts';
import { backupRemovalReads } from './backup-removal.ts';
import { backupVerificationReads } from './backup-verification.ts';
import { backupReads } from './backups.ts';
import { bundleReads } from './configuration-bundle.ts';
import { corruptionReads } from './corruption.ts';
import { databasePlanReads } from './database-live.ts';
import { databasePerformanceReads } from './database-performance.ts';
import { deepVerificationReads } from './deep-verification.ts';
import { diagnosisReads } from './diagnosis.ts';
import { cleanUpReads } from './docker-clean-up.ts';
import { errorRateReads } from './error-rate.ts';
import { healthReads } from './health-checks.ts';
import type { Host } from './host.ts';
import type { LookReads } from './host-looks.ts';
import { imageScanReads } from './image-scan.ts';
import { isolationReads } from './isolation.ts';
import { logReads } from './log-rotation.ts';
import { memoryReads } from './memory.ts';
import { memoryLimitReads } from './memory-limit.ts';
import { planReads } from './plan-check.ts';
import { probePorts } from './port-probes.ts';
import { proxyReads } from './proxy-config.ts';
import { recoverySurveyReads } from './recovery-survey.ts';
import { restoreSurveyReads } from './restore-survey.ts';
import { restoreReads } from './restores.ts';
import { rollbackSurveyReads } from './rollback-survey.ts';
import { restartReads } from './service-restart.ts';
import { slowResponseReads } from './slow-response.ts';
import { surveyReads } from './survey.ts';
import { uploadModeReads } from './upload-modes.ts';
import { watchReads } from './watch.ts';
import { weeklySurveyReads } from './weekly-survey.ts';

/** Every read that a host can make. */
export function createHostReads(host: Host) {
  return {
    ...surveyReads(host),
    ...healthReads(host),
    ...backupReads(host),
    ...backupVerificationReads(host),
    ...deepVerificationReads(host),
    ...recoverySurveyReads(host),
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
    ...logReads(host),
    ...imageScanReads(host),
  };
}

/** Its reads and the watch's, as types for the workflows. */
export type HostReads = ReturnType<typeof createHostReads> & LookReads;
