import type { Procedure } from '../engine/procedure.ts';
import { applicationDownProcedure } from './application-down.ts';
import { applicationPerformanceCheckProcedure } from './application-performance-check.ts';
import { authenticationFailuresProcedure } from './authentication-failures.ts';
import { backupFailureProcedure } from './backup-failure.ts';
import { backupVerificationProcedure } from './backup-verification.ts';
import { dailyHealthCheckProcedure } from './daily-health-check.ts';
import { databaseCorruptionProcedure } from './database-corruption.ts';
import { databasePerformanceCheckProcedure } from './database-performance-check.ts';
import { disasterRecoveryProcedure } from './disaster-recovery.ts';
import { emergencyMaintenanceProcedure } from './emergency-maintenance.ts';
import { highErrorRateProcedure } from './high-error-rate.ts';
import { highMemoryProcedure } from './high-memory.ts';
import { manualBackupProcedure } from './manual-backup.ts';
import { plannedMaintenanceProcedure } from './planned-maintenance.ts';
import { restoreBackupProcedure } from './restore-backup.ts';
import { retireHostProcedure } from './retire-host.ts';
import { rollbackMaintenanceProcedure } from './rollback-maintenance.ts';
import { securityIncidentProcedure } from './security-incident.ts';
import { slowResponseProcedure } from './slow-response.ts';
import { uploadFailuresProcedure } from './upload-failures.ts';
import { weeklyMaintenanceProcedure } from './weekly-maintenance.ts';

/** Every procedure of the product: CLI, schedules, docs and replay tests are derived from this list. */
export const procedures: readonly Procedure[] = [
  plannedMaintenanceProcedure,
  weeklyMaintenanceProcedure,
  emergencyMaintenanceProcedure,
  manualBackupProcedure,
  restoreBackupProcedure,
  rollbackMaintenanceProcedure,
  securityIncidentProcedure,
  backupVerificationProcedure,
  disasterRecoveryProcedure,
  retireHostProcedure,
  dailyHealthCheckProcedure,
  databasePerformanceCheckProcedure,
  applicationPerformanceCheckProcedure,
  highErrorRateProcedure,
  highMemoryProcedure,
  backupFailureProcedure,
  applicationDownProcedure,
  databaseCorruptionProcedure,
  authenticationFailuresProcedure,
  slowResponseProcedure,
  uploadFailuresProcedure,
];
