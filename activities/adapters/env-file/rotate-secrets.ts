import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../data-owner/files/durable-file.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { OperationError } from '../operation-error.ts';
import { replaceValues, secretKeys, valueOf } from './replace-values.ts';

/** Which keys of which file; `kept`: the copy of the file as it was, which must be there before anything is changed. */
export interface RotateSecretsArgs {
  envFile: string;
  kept: string;
  keys: readonly string[];
}

/** What was renewed. Names only: no value ever leaves this process. */
export interface RotatedSecrets {
  keys: string[];
  missing: string[];
  leftToDo: string[];
  /** False: an earlier attempt had done it. */
  changed: boolean;
}

/** 64 random bytes: 86 characters that no shell, compose or env reader takes for anything else. */
const SECRET_BYTES = 64;

/**
 * Gives the keys of an env file new random values: a parsed file, those lines alone, mode and owner kept, in one rename.
 * Repeating it changes nothing once the values differ from those of the copy. A kill leaves the old file or the new one,
 * and a `.part` file (0600) that the repeat replaces.
 */
export async function rotateSecrets({ envFile, kept, keys }: RotateSecretsArgs): Promise<RotatedSecrets> {
  try {
    // A release's current env file is often a link: what it points to is renewed, the link stays.
    const file = await realpath(envFile);
    const old = await readText(kept).catch(() => {
      throw notKept(kept);
    });
    const text = await readText(file);
    const present = keys.filter((key) => valueOf(text, key) !== undefined);
    const missing = keys.filter((key) => !present.includes(key));
    const leftToDo = secretKeys(text).filter((key) => !keys.includes(key));
    if (present.length === 0 && keys.length > 0) throw nothingToRotate(file, keys);
    const isDone = present.every((key) => valueOf(text, key) !== valueOf(old, key));
    if (isDone) return { keys: present, missing, leftToDo, changed: false };
    const values = Object.fromEntries(
      present.map((key) => [key, randomBytes(SECRET_BYTES).toString('base64url')]),
    );
    await replaceFile(file, replaceValues(text, values).text);
    return { keys: present, missing, leftToDo, changed: true };
  } catch (cause) {
    throw explainFailure('rotateSecrets', cause, envFile);
  }
}

// Byte for byte: what is not UTF-8 in other lines stays what it is.
const readText = async (file: string): Promise<string> => (await readFile(file)).toString('latin1');

async function replaceFile(file: string, text: string): Promise<void> {
  const { uid, gid, mode } = await lstat(file);
  const part = `${file}.fdts-ops.part`;
  await rm(part, { force: true });
  const handle = await open(part, 'wx', 0o600);
  try {
    await handle.writeFile(Buffer.from(text, 'latin1'));
    await chown(part, uid, gid);
    await chmod(part, mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
  await syncFolder(dirname(file));
}

function notKept(target: string): OperationError {
  return new OperationError({
    code: 'ENV_FILE_NOT_KEPT',
    operation: 'rotateSecrets',
    target,
    cause: 'the copy of the env file as it was is not among the evidence',
    hint: 'See the custody log beside it for the reason; copy the env file there by hand (0600), then answer retry.',
    retryable: false,
  });
}

function nothingToRotate(target: string, keys: readonly string[]): OperationError {
  return new OperationError({
    code: 'NO_SECRETS_FOUND',
    operation: 'rotateSecrets',
    target,
    cause: `none of ${keys.join(', ')} is in it`,
    hint: 'Correct project.envFile and incident.secrets in the configuration, then answer retry; or renew them by hand and answer skip.',
    retryable: false,
  });
}
