/** The tests that show each procedure, on a real host where there is one, from the root of the checkout. */
const PROOFS: Readonly<Record<string, readonly string[]>> = {
  plannedMaintenance: [
    'test/system/window.test.ts',
    'test/system/window-stopped.test.ts',
    'test/system/kill.test.ts',
    'test/system/kill-host.test.ts',
    'test/system/kill-server.test.ts',
    'test/system/ui.test.ts',
    'test/system/next-window.test.ts',
    'test/system/rehearsal.test.ts',
    'test/system/schema-choice.test.ts',
  ],
  weeklyMaintenance: ['test/system/weekly.test.ts'],
  emergencyMaintenance: ['test/system/emergency.test.ts'],
  manualBackup: ['test/system/site-backup.test.ts', 'test/system/foreign.test.ts'],
  restoreBackup: ['test/system/restore.test.ts', 'test/system/restore-kill.test.ts'],
  rollbackMaintenance: ['test/system/restore.test.ts', 'test/system/rollback-kill.test.ts'],
  securityIncident: ['test/system/security-incident.test.ts'],
  disasterRecovery: ['test/system/disaster-recovery.test.ts'],
  retireHost: ['test/system/disaster-recovery.test.ts'],
  applicationDown: ['test/system/mend.test.ts', 'test/system/watch.test.ts', 'test/system/held-port.test.ts'],
  databaseCorruption: ['test/system/mend.test.ts'],
  backupVerification: ['test/system/foreign.test.ts', 'test/system/deep-verification.test.ts'],
  dailyHealthCheck: ['test/system/foreign.test.ts'],
  databasePerformanceCheck: ['test/system/performance.test.ts'],
  applicationPerformanceCheck: ['test/system/performance.test.ts'],
  highErrorRate: ['test/system/high-error-rate.test.ts'],
  highMemory: ['test/system/high-memory.test.ts'],
  backupFailure: ['test/system/backup-failure.test.ts'],
  slowResponse: ['test/system/troubleshooting.test.ts', 'test/fast/procedures/slow-response.test.ts'],
  uploadFailures: ['test/system/troubleshooting.test.ts', 'test/fast/procedures/troubleshooting.test.ts'],
  authenticationFailures: [
    'test/system/troubleshooting.test.ts',
    'test/fast/procedures/troubleshooting.test.ts',
  ],
};

/** The tests that show a procedure. */
export function proofsOf(type: string): readonly string[] {
  return PROOFS[type] ?? [];
}
