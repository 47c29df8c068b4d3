import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OperationError } from '../operation-error.ts';
import type { ChildMessage, ChildRequest, OperationResult, Progress } from './child-messages.ts';
import type { OperationName, Operations } from './operations/index.ts';
import { atPace, type Pace } from './pace.ts';
import { stopChild } from './stop-child.ts';

/** The user that FDTS's files belong to, by number: the worker may not even be able to look into the folder. */
export interface Owner {
  uid: number;
  gid: number;
}

/** How a caller follows and stops one operation. */
export interface RunOptions {
  /** Aborting stops the child (SIGTERM, then SIGKILL); the promise settles only after it has ended. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** How long the child may take to stop, in milliseconds (default 2,000); 0 for one that only reads. */
  stopGraceMs?: number;
}

/** Every operation on FDTS's files, each run in a process of its own as their owner. All reject with OperationError. */
export type DataOwner = {
  [Name in OperationName]: (
    args: Parameters<Operations[Name]>[0],
    options?: RunOptions,
  ) => ReturnType<Operations[Name]>;
};

/** These run only while FDTS is down: there is nobody to step aside for, and users wait for the end. */
const whileShutOut: Pace = 'fast';

/** Makes the operations for one owner, at a pace; that of a backup can be another one. */
export function createDataOwner({ owner, pace }: { owner: Owner; pace: Pace }): DataOwner {
  const run = (operation: OperationName, args: object, options: RunOptions = {}, itsPace = pace) =>
    runChild({ operation, args }, { owner, pace: itsPace }, options);
  return {
    inspectDatabase: (args, options) => run('inspectDatabase', args, options),
    timeQueries: (args, options) => run('timeQueries', args, options),
    findLocks: (args, options) => run('findLocks', args, options),
    writeOverride: (args, options) => run('writeOverride', args, options),
    lookThroughUploads: (args, options) => run('lookThroughUploads', args, options),
    roomForBackup: (args, options) => run('roomForBackup', args, options),
    inspectSecrets: (args, options) => run('inspectSecrets', args, options),
    findWrongModes: (args, options) => run('findWrongModes', args, options),
    setModes: (args, options) => run('setModes', args, options),
    probeFolder: (args, options) => run('probeFolder', args, options),
    createBackup: (args, options) => run('createBackup', args, options, args.pace),
    countSnapshot: (args, options) => run('countSnapshot', args, options),
    verifyBackup: (args, options) => run('verifyBackup', args, options),
    copyVerified: (args, options) => run('copyVerified', args, options),
    settleDatabase: (args, options) => run('settleDatabase', args, options, whileShutOut),
    optimizeDatabase: (args, options) => run('optimizeDatabase', args, options, whileShutOut),
    measureOptimize: (args, options) => run('measureOptimize', args, options),
    optimizeLive: (args, options) => run('optimizeLive', args, options),
    setDatabaseAside: (args, options) => run('setDatabaseAside', args, options, whileShutOut),
    restoreAside: (args, options) => run('restoreAside', args, options, whileShutOut),
    restoreFromBackup: (args, options) => run('restoreFromBackup', args, options, whileShutOut),
    listUploads: (args, options) => run('listUploads', args, options, whileShutOut),
    setAsideNewUploads: (args, options) => run('setAsideNewUploads', args, options, whileShutOut),
    findAside: (args, options) => run('findAside', args, options),
    discardAside: (args, options) => run('discardAside', args, options),
    listBackups: (args, options) => run('listBackups', args, options),
    lookAtFolder: (args, options) => run('lookAtFolder', args, options),
    recordVerified: (args, options) => run('recordVerified', args, options),
    forgetVerified: (args, options) => run('forgetVerified', args, options),
    recordCopyVerified: (args, options) => run('recordCopyVerified', args, options),
    hashArchive: (args, options) => run('hashArchive', args, options),
    hashDamaged: (args, options) => run('hashDamaged', args, options),
    removeBackups: (args, options) => run('removeBackups', args, options),
    freeSpace: (args, options) => run('freeSpace', args, options),
    planBundle: (args, options) => run('planBundle', args, options),
    makeBundle: (args, options) => run('makeBundle', args, options),
    packConfiguration: (args, options) => run('packConfiguration', args, options),
    copyFile: (args, options) => run('copyFile', args, options),
    hashTree: (args, options) => run('hashTree', args, options),
    readAuditRows: (args, options) => run('readAuditRows', args, options),
    rotateSecrets: (args, options) => run('rotateSecrets', args, options),
    findRestoreObstacles: (args, options) => run('findRestoreObstacles', args, options),
    lookForObstacles: (args, options) => run('lookForObstacles', args, options),
    stageRestore: (args, options) => run('stageRestore', args, options),
    readOwners: (args, options) => run('readOwners', args, options),
    findOwners: (args, options) => run('findOwners', args, options),
    giveOwners: (args, options) => run('giveOwners', args, options),
    stageDatabase: (args, options) => run('stageDatabase', args, options),
    compareWithStaged: (args, options) => run('compareWithStaged', args, options),
    swapInRestored: (args, options) => run('swapInRestored', args, options, whileShutOut),
    takeBackRestored: (args, options) => run('takeBackRestored', args, options, whileShutOut),
    discardStaged: (args, options) => run('discardStaged', args, options),
    salvageRows: (args, options) => run('salvageRows', args, options, args.pace),
    makeCopyFolder: (args, options) => run('makeCopyFolder', args, options),
    fillCopy: (args, options) => run('fillCopy', args, options),
    removeCopyFolder: (args, options) => run('removeCopyFolder', args, options),
    closeSwap: (args, options) => run('closeSwap', args, options),
    findData: (args, options) => run('findData', args, options),
    makeDataFolders: (args, options) => run('makeDataFolders', args, options),
    planPlacing: (args, options) => run('planPlacing', args, options),
    placeBundle: (args, options) => run('placeBundle', args, options),
    takeBackPlaced: (args, options) => run('takeBackPlaced', args, options),
  };
}

/** The operations in a process beside this one: as its user, and at its priority, which the new one inherits. */
export function besideThisProcess(): DataOwner {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return createDataOwner({ owner, pace: 'fast' });
}

async function runChild(
  request: Omit<ChildRequest, 'args'> & { args: object },
  how: { owner: Owner; pace: Pace },
  options: RunOptions,
): Promise<OperationResult> {
  const { signal, onProgress, stopGraceMs } = options;
  signal?.throwIfAborted();
  const child = startOrExplain(how, request.operation);
  const ended = new Promise<string>((resolve) => {
    // Also a signal that is not permitted is an error here, but then the child still runs.
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
    child.once('close', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
  });
  const stop = () => void stopChild(child, ended, stopGraceMs);
  signal?.addEventListener('abort', stop, { once: true });

  let last: ChildMessage | undefined;
  const complaints: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message: ChildMessage = JSON.parse(line);
    if ('progress' in message) onProgress?.(message.progress);
    else last = message;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(request)}\n`);

  const ending = await ended;
  signal?.removeEventListener('abort', stop);
  if (last !== undefined && 'result' in last) return last.result;
  signal?.throwIfAborted();
  if (last !== undefined && 'error' in last) {
    const { message, ...failure } = last.error;
    throw new OperationError({ ...failure, operation: request.operation, cause: message });
  }
  throw new OperationError({
    code: 'CHILD_ENDED',
    operation: request.operation,
    target: `process as uid ${how.owner.uid}`,
    cause: `it ended before it answered (${ending}) ${complaints.join('').trim().slice(-1_000)}`.trim(),
    hint: 'repeat the step; if it goes on, check that this user can read the program files and node_modules',
    retryable: true,
  });
}

/** Node throws here, rather than report it later, when the worker may not change its user. */
function startOrExplain(
  { owner, pace }: { owner: Owner; pace: Pace },
  operation: string,
): ChildProcessWithoutNullStreams {
  try {
    return startChild(owner, pace);
  } catch (cause) {
    throw new OperationError({
      code: 'MAY_NOT_BECOME_OWNER',
      operation,
      target: `process as uid ${owner.uid}, gid ${owner.gid}`,
      cause,
      hint: 'check data.owner in the configuration; the worker needs AmbientCapabilities=CAP_SETUID CAP_SETGID to become this user',
      retryable: false,
    });
  }
}

function startChild({ uid, gid }: Owner, pace: Pace): ChildProcessWithoutNullStreams {
  const asSource = import.meta.url.endsWith('.ts');
  const program = fileURLToPath(new URL(asSource ? './child.ts' : './child.js', import.meta.url));
  const loader = asSource
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
    : [];
  const path = process.env['PATH'] ?? '';
  const options = { cwd: '/', env: { PATH: path, TZ: 'UTC' } };
  const sameUser = process.getuid?.() === uid && process.getgid?.() === gid;
  // The worker's capabilities would outlive the change of user: a child that reads what users sent has none of them.
  const alone = ['setpriv', '--inh-caps=-all', '--ambient-caps=-all', process.execPath, ...loader, program];
  const [command = '', ...args] = atPace(pace, alone, path);
  return spawn(command, args, sameUser ? options : { ...options, uid, gid });
}
