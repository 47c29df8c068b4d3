import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from '../command/command.ts';
import { OperationError } from '../operation-error.ts';

/** The compose files that compose itself would read in a folder: the first base file, and its override when there is one. */
export const findComposeFiles = async (folder: string): Promise<readonly string[]> => {
  const base = await firstThatExists(folder, [
    'compose.yaml',
    'compose.yml',
    'docker-compose.yml',
    'docker-compose.yaml',
  ]);
  if (base === null) throw noFiles(folder);
  const override = base.replace(/\.ya?ml$/, '.override');
  const extra = await firstThatExists(folder, [`${override}.yml`, `${override}.yaml`]);
  return extra === null ? [base] : [base, extra];
};

/** The project's name that compose takes from its folder when nothing else names it. */
export const projectNameOf = (folder: string): string =>
  basename(folder)
    .toLowerCase()
    .replaceAll(/[^-_a-z0-9]/g, '');

/**
 * The user that compose has to run as: the owner of the first file that the worker cannot read (an env file is
 * often root's, 0600), with the engine's group; undefined when the worker reads them all itself.
 */
export const composeUser = async (files: readonly string[], socket: string): Promise<Command['runAs']> => {
  for (const file of files) {
    const readable = await access(file, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (!readable) return { uid: (await stat(file)).uid, gid: (await stat(socket)).gid };
  }
  return undefined;
};

const firstThatExists = async (folder: string, names: readonly string[]): Promise<string | null> => {
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (found?.isFile()) return name;
  }
  return null;
};

const noFiles = (folder: string): OperationError =>
  new OperationError({
    code: 'COMPOSE_FILE_MISSING',
    operation: 'findComposeFiles',
    target: folder,
    cause: 'no compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml in this folder',
    hint: "Correct the project's folder in the host's configuration.",
    retryable: false,
  });
