import { lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OWN_OVERRIDE } from '../../compose/override.ts';
import { errorCode } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';
import { syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';

const operation = 'writeOverride';

/**
 * Gives a compose override of fdts-ops a content, or removes it (`content` null). Whole or not at all, and durable; with
 * owner and mode of the compose file that it belongs to. Refuses a file that somebody else wrote, and a link. Repeating
 * it gives the same.
 */
export async function writeOverride({
  file,
  content,
  beside,
}: {
  file: string;
  content: string | null;
  /** The compose file. */
  beside: string;
}): Promise<null> {
  try {
    const there = await ownText(file);
    if (there === content) return null;
    if (content === null) await rm(file);
    else await replace(file, content, beside);
    await syncFolder(dirname(file));
    return null;
  } catch (cause) {
    throw explainFailure(operation, cause, file);
  }
}

/** What stands in the file; null when it is not there. */
async function ownText(file: string): Promise<string | null> {
  const found = await lstat(file).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return null;
  const text = found.isFile() ? await readFile(file, 'utf8') : '';
  if (text.startsWith(OWN_OVERRIDE)) return text;
  throw new OperationError({
    code: 'NOT_OUR_FILE',
    operation,
    target: file,
    cause: found.isFile() ? 'somebody else wrote it' : 'it is no regular file',
    hint: 'add the lines that the report shows to it by hand, and name it in project.composeFiles',
    retryable: false,
  });
}

async function replace(file: string, content: string, beside: string): Promise<void> {
  const { uid, gid, mode } = await lstat(beside);
  const part = `${file}.fdts-ops-part`;
  await rm(part, { force: true });
  const handle = await open(part, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.chown(uid, gid);
    await handle.chmod(mode & 0o666);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
}
