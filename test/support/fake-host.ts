import { Context } from '@temporalio/activity';
import type { BackupFailureLook } from '../../workflows/contracts/backup-failure.ts';
import type { FoundArchive } from '../../workflows/contracts/backup-verdict.ts';
import type { Ticket } from '../../workflows/contracts/calls.ts';
import type { RestartSurvey } from '../../workflows/contracts/diagnosis.ts';
import type { EmergencySurvey, SeenScript } from '../../workflows/contracts/emergency-plan.ts';
import type {
  IncidentRecord,
  IncidentSurvey,
  RenewedSecrets,
  SealedEvidence,
} from '../../workflows/contracts/incident.ts';
import type {
  AppDownSurvey,
  CorruptionSurvey,
  DatabaseVerdict,
} from '../../workflows/contracts/mending-plan.ts';
import type { RecoverySurvey } from '../../workflows/contracts/new-site.ts';
import type { RestoreSurvey, StagedRestore } from '../../workflows/contracts/restore-plan.ts';
import type { RetirementSurvey } from '../../workflows/contracts/retirement.ts';
import type { RollbackSurvey } from '../../workflows/contracts/rollback-plan.ts';
import type { UnusedThing, WeeklyOrders, WeeklySurvey } from '../../workflows/contracts/weekly-plan.ts';
import type { WindowSurvey } from '../../workflows/contracts/window-plan.ts';
import type { ChangeRequest, ReadRequest } from '../../workflows/engine/activity-policies.ts';

/** One call that a made-up host or control worker got. */
export interface FakeCall {
  readonly workflowId: string;
  readonly activity: string;
  readonly input: unknown;
  /** null for a read. */
  readonly ticket: Ticket | null;
}

/** Told of every call before it is answered: may throw, wait, or give another answer than the usual one. */
export type OnCall = (call: FakeCall) => Promise<{ readonly answer: unknown } | undefined>;

/** What the activities of a made-up host `web-1` answer; `answers` replaces some of them by name. */
export function fakeHost(answers: Readonly<Record<string, unknown>> = {}, onCall?: OnCall) {
  const all: Readonly<Record<string, unknown>> = { ...ANSWERS, ...answers };
  return fakeActivities(Object.fromEntries(CHANGES.map((name) => [name, {}])), all, onCall);
}

/** The control worker's activities, for the one host. */
export function fakeControl(onCall?: OnCall) {
  return fakeActivities(
    {
      readEnd: null,
      readHolder: 'works',
      seeWait: null,
      announceAbsence: { channels: 'mail sent' },
      tellOperators: { channels: 'mail sent' },
      resolveHost: KNOWN_HOST,
      probeFromOutside: { checks: [pass] },
      findNextWindow: {},
      weeklyOrders,
      findVantagePoints: { addresses: ['192.0.2.10'], publicUrl: null, others: [] },
      probePorts: { checks: [{ ...pass, name: 'closed at 192.0.2.10' }] },
    },
    {},
    onCall,
  );
}

function fakeActivities(
  plain: Readonly<Record<string, unknown>>,
  answers: Readonly<Record<string, unknown>>,
  onCall: OnCall | undefined,
) {
  return Object.fromEntries(
    Object.entries({ ...plain, ...answers }).map(([activity, usual]) => [
      activity,
      async (request: ReadRequest | ChangeRequest) => {
        const ticket = 'ticket' in request ? request.ticket : null;
        const { workflowExecution } = Context.current().info;
        const workflowId = workflowExecution?.workflowId ?? '';
        const told = await onCall?.({ workflowId, activity, input: request.input, ticket });
        const result = told === undefined ? usual : told.answer;
        return ticket === null ? result : { result, commands: [`fake ${ticket.step}`], attempts: 1 };
      },
    ]),
  );
}

const KNOWN_HOST = { name: 'web-1', taskQueue: 'fdts-host-web-1', publicUrl: null, workerAwaySeconds: 60 };

const pass = { name: 'made up', status: 'pass', expected: 'ok', got: 'ok' } as const;

/** What a made-up host finds before a window. */
export const windowSurvey: WindowSurvey = {
  checks: [pass],
  services: [
    {
      service: 'app',
      container: 'fdts_app_1',
      image: 'fdts_app:latest',
      imageId: 'sha256:old',
      restartPolicy: 'always',
      state: 'running',
    },
  ],
  projectFiles: 'abc',
  stopOrder: ['nginx', 'app'],
  startOrder: ['app', 'nginx'],
  proxy: 'nginx',
  app: 'app',
  appVersion: '1.0.0',
  database: { bytes: 1, schemaHash: 'a', userVersion: 1, tables: { users: 3 } },
  lastDowntimeSeconds: null,
  approvalTimeoutSeconds: 600,
  windowSeconds: 7200,
  watchSeconds: 1,
  upgradePackages: true,
  rehearse: false,
  stepSeconds: {},
  rollbackSeconds: 40,
};

/** What a made-up host finds before a weekly maintenance. */
export const weeklySurvey: WeeklySurvey = { ...windowSurvey, movedTags: [] };

/** What the schedule of a made-up host says: the window is on another day, and nothing was approved. */
export const weeklyOrders: WeeklyOrders = {
  windowToday: null,
  approvedBeforehand: { packages: null, docker: null, database: null, logs: null, stop: null },
};

/** Things in Docker that nothing uses: one that is nobody's, one that may be somebody's. */
export const unusedThings = {
  plain: { kind: 'image', id: 'sha256:unused', name: 'unused', bytes: 10 },
  doubtful: { kind: 'volume', id: 'f'.repeat(64), name: 'ffffffffffff', bytes: null },
} as const satisfies Record<string, UnusedThing>;

const rotated = { path: '/var/log/fdts/app.log', bytes: 10, inode: 1, writers: ['app (pid 7)'] };

const foundArchive: FoundArchive = {
  archive: '/backups/fdts_backup_20260104_020000.tar.gz',
  source: 'fdts-ops',
  bytes: 1_000_000,
  createdAt: '2026-01-04T02:00:00.000Z',
  ageHours: 7.5,
};

/** What a made-up host finds before a restore. */
export const restoreSurvey: RestoreSurvey = {
  checks: [pass],
  archive: foundArchive.archive,
  hasManifest: true,
  archiveSchema: { schemaHash: 'a', userVersion: 1 },
  services: windowSurvey.services,
  projectFiles: windowSurvey.projectFiles,
  stopOrder: ['nginx', 'backup', 'app'],
  startOrder: ['app', 'nginx', 'backup'],
  ranBefore: ['app', 'nginx', 'backup'],
  policies: [{ service: 'app', policy: 'always' }],
  app: 'app',
  wasHealthy: true,
  schemaHash: 'a',
  userVersion: 1,
  lastDowntimeSeconds: 4.2,
  approvalTimeoutSeconds: 600,
  watchSeconds: 1,
};

const {
  archive: _archive,
  hasManifest: _hasManifest,
  archiveSchema: _archiveSchema,
  ...stop
} = restoreSurvey;

/** What a made-up host finds whose users are served, whatever its database is. */
export const corruptionSurvey: CorruptionSurvey = { ...stop, isServing: true };

const failedCheck = {
  name: 'integrity of the database',
  status: 'fail',
  expected: 'ok',
  got: 'page 7 is bad',
} as const;

/** What the checks of a made-up corrupt database say. */
export const corrupt: DatabaseVerdict = { state: 'corrupt', checks: [failedCheck] };

/** A script of a made-up host. */
export const seenScript: SeenScript = {
  path: '/etc/fdts-ops/emergency.d/mend',
  name: 'mend',
  sha256: 'e'.repeat(64),
  bytes: 120,
};

/** What a made-up host finds before an emergency change: users are served, no script is meant. */
export const emergencySurvey: EmergencySurvey = {
  ...stop,
  wasServing: true,
  users: ['the app says that it is healthy', '0 of 100 requests'],
  script: null,
  scriptSeconds: 600,
  stopAndStartSeconds: 150,
};

/** A made-up host whose app does not answer. */
export const appDown: AppDownSurvey = {
  checks: [pass],
  isServing: false,
  beside: [pass],
  lines: ['the app answers: fail, no answer'],
  services: ['app', 'nginx'],
};

/** What a made-up host kept of a window. */
export const rollbackSurvey: RollbackSurvey = {
  ...stop,
  window: {
    workflowId: 'window-1',
    stamp: '20260104_020000',
    startedAt: '2026-01-04T02:00:00.000Z',
    outcome: 'completed',
  },
  images: [{ service: 'app', image: 'fdts_app:latest', oldId: 'sha256:old', currentId: 'sha256:new' }],
  database: 'keep',
  databaseBecause: 'its schema is that of before the window',
};

/** A made-up backup that lies extracted beside the live data. */
export const staged: StagedRestore = {
  archive: foundArchive.archive,
  bytes: 1_000_000,
  sha256: 'b'.repeat(64),
  createdAt: foundArchive.createdAt,
  coreRows: { users: 3 },
  schemaHash: 'a',
  userVersion: 1,
  uploads: { count: 2, bytes: 20 },
  findings: [],
};

const highRate = {
  seconds: 300,
  requests: 100,
  errors: 20,
  percent: 20,
  byStatus: { 500: 20 },
  told: '20 of 100 requests',
  check: { name: 'error rate', status: 'fail', expected: 'at most 10 %', got: '20 of 100 requests' },
};

const cannot = { name: 'a user can', status: 'fail', expected: 'it works', got: 'answered 500' };

const backupLook: BackupFailureLook = {
  isRecent: false,
  recent: { name: 'a recent verified backup exists', status: 'fail', expected: '48 hours', got: 'none' },
  stoppedService: null,
  checks: [pass],
  lines: ['0 lines'],
  missingBytes: 0,
  approvalTimeoutSeconds: 600,
};

/** What a made-up host finds before a restart: users are being served. */
const restartSurvey: RestartSurvey = {
  service: 'app',
  startedAt: '2026-01-04T02:00:00.000Z',
  wasHealthy: true,
  users: { down: false, failedPercent: 20, downPercent: 50, told: '20 of 100 requests' },
  usersNeedIt: true,
  approvalTimeoutSeconds: 600,
  watchSeconds: 1,
};

/** What a made-up host finds when users are to be shut out. */
export const incidentSurvey: IncidentSurvey = {
  checks: [pass],
  isolatedSince: null,
  ports: [{ published: 80, target: 80, protocol: 'tcp' }],
  breakGlass: ['192.0.2.7'],
  operatorPort: 22,
  services: ['app', 'nginx', 'backup'],
  periodSeconds: 3600,
  approvalTimeoutSeconds: 600,
};

const sealed: SealedEvidence = {
  folder: '/var/lib/fdts-ops/evidence/20260104_020000',
  files: 12,
  bytes: 1_000_000,
  manifestSha256: 'c'.repeat(64),
  sealedAt: '2026-01-04T02:05:00.000Z',
  notCollected: ['host/logins.txt: COMMAND_NOT_FOUND'],
};

const renewed: RenewedSecrets = {
  at: '2026-01-04T02:06:00.000Z',
  file: '/opt/fdts/.env.production',
  keys: ['JWT_SECRET', 'JWT_REFRESH_SECRET'],
  missing: [],
  leftToDo: ['MAIL_PASSWORD'],
};

/** What a made-up host knows of its incident before users are let in. */
export const incidentRecord: IncidentRecord = {
  id: '20260104_020000',
  isolatedAt: '2026-01-04T02:00:01.000Z',
  account: { description: 'strange logins', category: null, reporter: null, detectedAt: null },
  ports: ['80:80/tcp'],
  breakGlass: [],
  evidence: [sealed],
  secrets: renewed,
  provenAt: '2026-01-04T02:07:00.000Z',
};

/** What a made-up new machine finds. */
export const recoverySurvey: RecoverySurvey = {
  checks: [pass],
  archive: foundArchive.archive,
  hasManifest: true,
  bundle: {
    bundle: '/backups/fdts_config_20260104_020000.tar.age',
    identityFile: '/root/key',
    passphraseFile: null,
  },
  archiveCreatedAt: foundArchive.createdAt,
  lines: ['made 2026-01-04'],
  overwrites: [],
  outside: [],
  services: { app: 'app', all: ['app', 'nginx'] },
  targetSeconds: 3600,
  approvalTimeoutSeconds: 600,
};

/** How a made-up machine that was replaced stands: it serves, as if nothing had been. */
export const retirementSurvey: RetirementSurvey = {
  stopOrder: ['nginx', 'app'],
  policies: [{ service: 'app', policy: 'always' }],
  isServing: true,
  approvalTimeoutSeconds: 600,
  // Its calendar is far ahead: a wait of the run's own is what counts.
  clocks: { secondsSinceBoot: 86_400, at: Date.parse('2099-01-01T00:00:00Z') },
};

const ANSWERS = {
  surveyIncident: incidentSurvey,
  isolateHost: { lines: ['IPv4 in force, IPv6 in force, ufw inactive'] },
  checkIsolation: { checks: [pass] },
  probePorts: { checks: [pass] },
  readIncident: { incident: incidentRecord },
  preserveLogs: { lines: ['logs/app.log: 10 bytes, sha256 d'] },
  preserveHostState: { lines: [] },
  preserveFiles: { lines: [] },
  preserveContainers: { lines: [] },
  sealEvidence: sealed,
  issueOldToken: { checks: [] },
  rotateSecrets: renewed,
  proveSecrets: { checks: [{ ...pass, name: 'a token issued before the renewal is refused' }] },
  reopenHost: { lines: ['the rules of the incident are gone'] },
  surveyCorruption: corruptionSurvey,
  checkDatabase: corrupt,
  hashDamaged: { files: [{ file: '/data/db', bytes: 1, sha256: 'd' }], list: '/data/damaged.sha256' },
  stageNewestGood: {
    staged,
    bad: [{ archive: '/backups/newer.tar.gz', why: 'its end is missing' }],
    unread: ['folder /external could not be read: it is not mounted'],
  },
  surveyAppDown: appDown,
  keepLogs: { lines: ['/var/lib/fdts-ops/logs/1/app.log: 100 lines'] },
  restartApp: { healthy: true, seconds: 2.5, told: 'healthy 2.5 s after it began' },
  recreateStack: { healthy: true, seconds: 6.5, told: 'healthy 6.5 s after it began' },
  surveyRestore: restoreSurvey,
  surveyRollback: rollbackSurvey,
  stageDatabaseOfWindow: staged,
  stageRestore: staged,
  compareRestore: {
    unreadable: null,
    tables: {
      users: { live: 5, notInBackup: 2, onlyInBackup: 1 },
      orders: { live: 7, notInBackup: 0, onlyInBackup: 0 },
    },
    notCompared: { search: 'a virtual table' },
    uploads: { count: 4, notInBackup: 2, differing: 1, onlyInBackup: 3 },
  },
  startAsBefore: { lines: [] },
  closeSwap: null,
  salvageRestored: { lines: ['users: 2 rows'] },
  identifyHost: { machineId: '0'.repeat(32) },
  takeHold: { fence: 1, incident: null },
  takeHoldFirst: { fence: 1, incident: null, holder: null },
  recoverHolder: { outcome: 'rolled-back', because: 'what the run left was taken back' },
  finishRun: { path: '/var/lib/fdts-ops/reports/1/report.md', problem: null },
  surveyHost: windowSurvey,
  surveyBackup: { checks: [pass] },
  checkServices: { checks: [pass] },
  checkHealth: { checks: [pass] },
  checkDisk: { checks: [pass] },
  checkLogs: { checks: [pass], lines: ['3 × made-up message'] },
  checkLogsSince: { checks: [pass], lines: [] },
  checkBackups: { checks: [pass] },
  compareSchema: { changed: false },
  tryLoginAndUpload: { checks: [pass] },
  compareResponseTimes: { checks: [pass], lines: ['p50 of the app: 3 ms (3 ms before)'] },
  measureMemory: { checks: [pass], lines: ['app: 95 %'], offender: 'app' },
  lookForLeaks: { lines: ['app: 3 × heap grows'] },
  watchMemory: { cameBack: false, baselineBytes: 50_000_000, told: 'not high for 600 s', check: pass },
  planMemoryLimit: {
    ready: true,
    checks: [pass],
    service: 'app',
    limitBytes: 268_435_456,
    file: '/opt/fdts/docker-compose.override.yml',
    content: 'services: {app: {mem_limit: 256m}}',
    before: null,
    diff: ['+     mem_limit: 256m'],
    effect: ['compose finds it by itself'],
  },
  verifyLimit: { checks: [pass] },
  tryLogin: { check: cannot },
  tryUpload: { check: cannot },
  lookAtSecrets: { checks: [pass], missing: [], stale: [] },
  lookAtUsers: { checks: [pass] },
  lookAtSignIns: { lines: ['3 × warn: request'] },
  lookAtUploads: { checks: [pass], wrong: 2 },
  testProxyConfig: { checks: [pass] },
  repairModes: { changed: 2, listing: '/state/upload-modes/1.jsonl', lines: ['2 entries'] },
  restoreModes: { lines: [] },
  lookAtDiskActivity: { checks: [pass], lines: ['sda: busy 3 %'] },
  surveyOptimize: { ...stop, lastResort: foundArchive.archive },
  lookAtBackups: backupLook,
  planRemoval: {
    archives: ['/backups/old.tar.gz'],
    lines: ['old.tar.gz, 9 MB'],
    freesBytes: 9e6,
    isEnough: true,
  },
  removeApproved: { removed: ['/backups/old.tar.gz'] },
  errorRate: highRate,
  watchErrorRate: { ...highRate, errors: 0, percent: 0, byStatus: {}, told: '0 of 100', check: pass },
  lookAtLogs: { lines: ['app: 20 × error: request'], appErrors: 20 },
  lookAtDatabase: { checks: [pass], problem: null, holders: [] },
  lookAtResources: { checks: [pass], lines: ['app: 1 %'], fullDisks: [], approvalTimeoutSeconds: 60 },
  askApp: { service: 'app', ok: true, told: '200 in 3 ms' },
  surveyRestart: restartSurvey,
  restartService: { seconds: 1.5 },
  startAgain: { lines: [] },
  timeQueries: {
    checks: [pass],
    lines: ['SELECT 1: p50 1 ms'],
    figures: [{ name: 'p50 of SELECT 1', value: 1, unit: 'ms' }],
  },
  findSlowQueries: { checks: [pass], lines: [] },
  timeRequests: {
    checks: [pass],
    lines: ['of the app, total: p50 3 ms'],
    figures: [{ name: 'p50 of the app', value: 3, unit: 'ms' }],
  },
  countConnections: { checks: [pass], lines: ['1 connection'] },
  measureContainers: { checks: [pass], lines: ['app: 1 %'] },
  compareFigures: { checks: [pass], lines: ['as before'] },
  findArchives: { archives: [foundArchive], older: 3, ignored: [], checks: [pass] },
  verifyArchive: {
    archive: foundArchive.archive,
    result: 'good',
    reason: '',
    rows: '3 users',
    uploads: 2,
    sha256: 'a',
  },
  bootArchive: {
    archive: foundArchive.archive,
    result: 'good',
    reason: '',
    checks: [pass],
    seconds: 4.2,
  },
  surveyRecovery: recoverySurvey,
  surveyRetirement: retirementSurvey,
  installEngine: { lines: ['engine 20.10.24'] },
  placeConfiguration: { placed: 9 },
  getImages: { lines: ['app: fdts_app:latest was built'] },
  stageNewSite: staged,
  verifySite: { checks: [pass] },
  stageCopy: {
    name: 'fdts-ops-copy-20260104-020000-drill',
    folder: '/var/lib/fdts-ops/copies/fdts-ops-copy-20260104-020000-drill',
    database: '/scratch/database.sqlite',
    createdAt: foundArchive.createdAt,
    sha256: 'b',
    rows: { users: 3 },
    uploads: 2,
    findings: [],
    notes: ['volume cache of services.app is empty in the copy'],
  },
  startCopy: { seconds: 4 },
  probeCopy: { checks: [pass] },
  preparePackages: { upgrades: [{ name: 'openssl', from: '1', to: '2', security: true }] },
  announce: { channels: 'file sent, command off, mail off' },
  prepareImages: [
    {
      service: 'app',
      image: 'fdts_app:latest',
      oldId: 'sha256:old',
      newId: 'sha256:new',
      how: 'built',
      note: null,
    },
  ],
  makeBackup: {
    archive: '/backups/one.tar.gz',
    source: 'fdts-ops',
    manifest: '/backups/one.json',
    bytes: 1,
    sha256: 'a',
    databaseRows: {},
    uploads: 0,
    warnings: [],
    how: 'gentle, no rate limit, compressed by igzip',
  },
  retainBackups: { removed: ['/backups/old.tar.gz: 14 newer verified ones are there'] },
  verifyBackup: { checks: [pass] },
  installPackages: { lines: ['openssl 1 → 2'] },
  optimizeDatabase: { lines: ['tidy'] },
  comparePlan: { host: [], packages: [] },
  compareHost: { host: [] },
  smokeTest: { checks: [pass], version: '1.1.0' },
  checkServing: { checks: [pass] },
  surveyBundle: { ready: true, checks: [pass], lines: ['9 files'] },
  bundleConfiguration: {
    bundle: '/backups/fdts_config_1.tar.age',
    bytes: 1,
    sha256: 'b',
    files: 9,
    provenWith: 'a one-time key',
    leftOut: ['/f/pipe: not a regular file'],
    copy: null,
  },
  watchForErrors: { checks: [pass], lines: [] },
  surveyWeekly: weeklySurvey,
  listUpgrades: { upgrades: [] },
  planDockerCleanUp: {
    plain: [unusedThings.plain],
    doubtful: [unusedThings.doubtful],
    spared: ['2 × volume, of a compose project'],
    buildCacheBytes: 5,
  },
  planDatabase: { way: 'vacuum', because: 'with the app live', lines: ['10 MB now'] },
  planRotation: { files: ['/etc/logrotate.d/fdts'], logs: [rotated], checks: [pass] },
  cleanUpDocker: { lines: ['image unused'] },
  optimizeLive: { checks: [pass], lines: ['smaller'] },
  rotateLogs: { since: '2026-01-04T02:00:00.000Z' },
  proveRotation: { checks: [pass] },
  scanImages: { checks: [pass], lines: ['fdts_app:latest: 0 critical, 1 high'] },
  bringBack: { lines: [] },
  surveyEmergency: emergencySurvey,
  lookAtScript: { script: seenScript, check: pass },
  prepareEmergencyImages: [
    {
      service: 'app',
      image: 'fdts_app:latest',
      oldId: 'sha256:old',
      newId: 'sha256:new',
      how: 'pulled',
      note: 'registry.example.org/fdts/app:1.2.4',
    },
    {
      service: 'nginx',
      image: 'nginx:1',
      oldId: 'sha256:n',
      newId: 'sha256:n',
      how: 'unchanged',
      note: null,
    },
  ],
  prepareNamedPackages: { upgrades: [{ name: 'openssl', from: '1', to: '2', security: true }] },
  setDatabaseAside: { lines: ['as users left it in /data/.fdts-ops-1: 1 bytes'] },
  runScript: { lines: ['exit code 0'] },
  endScript: { lines: ['WHAT /etc/fdts-ops/emergency.d/mend DID BESIDES STAYS'] },
  watchClosely: { checks: [pass], lines: ['watched for 1 s'] },
};

const CHANGES = [
  'applyOverride',
  'recreateServices',
  'reserve',
  'stepDown',
  'takeBackConfiguration',
  'deploySite',
  'withdrawSite',
  'enableAtBoot',
  'removeDrill',
  'removeCopy',
  'stopCopy',
  'switchToOldImages',
  'discardStaged',
  'swapInRestored',
  'takeBackRestored',
  'removePreparedImages',
  'copyBackup',
  'blockStart',
  'unblockStart',
  'stopServices',
  'startServices',
  'settleDatabase',
  'noteUploads',
  'setAsideNewUploads',
  'restartDeferred',
  'settlePackages',
  'restoreDatabase',
  'switchImages',
  'openToUsers',
  'goBackToImages',
  'startAsTheyAre',
  'cleanUp',
];
