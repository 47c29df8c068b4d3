import { access, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { syncFolder } from '../data-owner/files/durable-file.ts';
import { errorCode } from '../error-code.ts';
import { OperationError } from '../operation-error.ts';

/** Where the drop-in of fdts.service (packaging/fdts-service-hold.conf) looks. */
export const holdStackFile = '/var/lib/fdts-ops/hold-stack';

const settledService = z.object({
  service: z.string(),
  container: z.string(),
  networks: z.array(z.string()).readonly(),
});

/** A service whose one container is as compose would make it: compose has nothing left to decide about it. */
export type SettledService = Readonly<z.infer<typeof settledService>>;

/**
 * Keeps fdts.service from starting FDTS at the next boot: from its return on also after a power failure. `holder`
 * (the run) is what a person reads in the file. May be repeated.
 */
export const holdStack = async (
  holder: string,
  settled: readonly SettledService[] = [],
  file = holdStackFile,
): Promise<void> => writeHold({ holder, settled, since: new Date() }, file);

/** What was settled when FDTS was held down, or was made by compose since; none when nothing holds it. */
export const settledServices = async (file = holdStackFile): Promise<readonly SettledService[]> =>
  (await readHold(file))?.settled ?? [];

/** Notes that compose has made these services' containers since. Does nothing when no change holds FDTS down. */
export const noteSettled = async (made: readonly SettledService[], file = holdStackFile): Promise<void> => {
  const hold = await readHold(file);
  if (hold === null) return;
  const others = hold.settled.filter(({ service }) => !made.some((anew) => anew.service === service));
  await writeHold({ ...hold, settled: [...others, ...made] }, file);
};

type Hold = {
  readonly holder: string;
  readonly settled: readonly SettledService[];
  readonly since: Date;
};

const writeHold = async ({ holder, settled, since }: Hold, file: string): Promise<void> => {
  try {
    await mkdir(dirname(file), { recursive: true });
    // By a rename: the file is there at every moment, whatever fails meanwhile.
    const part = `${file}.part`;
    const handle = await open(part, 'w', 0o640);
    try {
      await handle.writeFile([holder, ...settled.map((service) => JSON.stringify(service)), ''].join('\n'));
      await handle.utimes(since, since);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
    await syncFolder(dirname(file));
  } catch (error) {
    throw failure('holdStack', file, error);
  }
};

/** Lets fdts.service start FDTS again. No error when nothing was held. */
export const releaseStack = async (file = holdStackFile): Promise<void> => {
  try {
    await rm(file, { force: true });
    await syncFolder(dirname(file));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw failure('releaseStack', file, error);
  }
};

/** Whether a change holds FDTS down now. Throws when that cannot be told: FDTS must not start for want of an answer. */
export const isStackHeld = async (file = holdStackFile): Promise<boolean> => {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw failure('isStackHeld', file, error);
  }
};

/** Since when a change holds FDTS down, in milliseconds since the epoch; null when none does. */
export const stackHeldSince = (file = holdStackFile): Promise<number | null> =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );

const readHold = async (file: string): Promise<Hold | null> => {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const [holder = '', ...lines] = text.split('\n');
  return { holder, settled: lines.flatMap(readSettled), since: (await stat(file)).mtime };
};

/** A line that cannot be read says nothing: compose then decides about the service. */
const readSettled = (line: string): SettledService[] => {
  try {
    return [settledService.parse(JSON.parse(line))];
  } catch {
    return [];
  }
};

const failure = (
  operation: 'holdStack' | 'releaseStack' | 'isStackHeld',
  file: string,
  error: unknown,
): OperationError =>
  new OperationError({
    code: operation === 'isStackHeld' ? 'HOLD_FILE_NOT_READABLE' : 'HOLD_FILE_NOT_WRITABLE',
    operation,
    target: file,
    cause: error,
    hint: "Let the worker's user read and write the folder; packaging/install-host.sh sets it up.",
    retryable: errorCode(error) === 'ENOSPC',
  });
