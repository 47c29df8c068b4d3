/** What answers a failed check. Sections of the runbook that are no procedure yet are named as what they are. */
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
} as const;
