/** What answers a failed check: the command that starts the procedure. */
export const ANSWERS = {
  applicationDown: 'fdts-ops start applicationDown',
  databaseCorruption: 'fdts-ops start databaseCorruption',
  highErrorRate: 'fdts-ops start highErrorRate',
  highMemory: 'fdts-ops start highMemory',
  slowResponse: 'fdts-ops start slowResponse',
  optimize: 'the next maintenance window tidies it: fdts-ops start plannedMaintenance',
  uploadFailures: 'fdts-ops start uploadFailures',
  backupFailure: 'fdts-ops start backupFailure',
  backupVerification: 'fdts-ops start backupVerification',
  manualBackup: 'fdts-ops start manualBackup',
  weeklyMaintenance: 'fdts-ops start weeklyMaintenance',
} as const;
