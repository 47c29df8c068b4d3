import { chown, mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { CliError } from '../../client/cli-error.ts';
import { exitCode } from '../../client/exit-codes.ts';
import { ConfigError } from '../../config/config-error.ts';
import { loadHostConfig } from '../../config/load-host-config.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { requireEngine, wrongEngine } from '../engine-socket.ts';
import { requireRoot } from '../require-root.ts';
import { renderConfig, suggestConfig } from './render-config.ts';
import type { Suggestion } from './site-facts.ts';
import { surveySite } from './survey-site.ts';

/** What a person says to `init`. */
export interface InitOptions {
  readonly output: string;
  readonly project?: string;
  readonly json?: boolean;
}

/** Makes the first configuration of this host from what is on it, as a new file; says what was found and what is left to do. */
export async function runInit(options: InitOptions, out: (text: string) => void): Promise<void> {
  requireRoot('init');
  const file = path.resolve(options.output);
  await requireNew(file);
  requireEngine(await wrongEngine());
  const facts = await surveySite(options.project);
  const suggestions = suggestConfig(facts);
  await writeNew(file, renderConfig(suggestions, facts.hostname));
  const problems = await problemsOf(file);
  const toDo = suggestions.filter(({ how }) => how === 'to do');
  if (problems.length > 0) process.exitCode = exitCode('attention-needed');
  if (options.json === true) {
    out(JSON.stringify({ file, project: facts.project, suggestions, problems }, null, 2));
    return;
  }
  out(
    [
      `Wrote ${file} for the compose project ${facts.project}.`,
      ...suggestions.filter(({ how }) => how !== 'to do').map(line),
      '',
      ...(toDo.length === 0 ? ['Nothing is left to do.'] : ['To do, in the file:', ...toDo.map(line)]),
      ...(problems.length === 0 ? [] : ['', 'It cannot be used yet:', ...problems]),
      '',
      'Next: correct the file, install the worker (packaging/install-host.sh --config FILE), then: sudo fdts-ops doctor',
    ].join('\n'),
  );
}

function line({ key, value, how, text }: Suggestion): string {
  return `  ${key}: ${JSON.stringify(value)}    (${how === 'to do' ? '' : `${how}: `}${text})`;
}

async function requireNew(file: string): Promise<void> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw alreadyThere(file);
  const folder = path.dirname(file);
  if (folder === '/etc/fdts-ops') await mkdir(folder, { recursive: true, mode: 0o750 });
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return;
  throw new CliError('usage', {
    code: 'NO_FOLDER',
    message: `--output: got ${file}, expected a file in a folder that exists; nothing was written`,
    hint: `Make it (mkdir -p ${shellQuote(folder)}), or name another file.`,
  });
}

function alreadyThere(file: string): CliError {
  return new CliError('usage', {
    code: 'ALREADY_THERE',
    message: `--output: got ${file}, which exists, expected a new file: nothing was overwritten`,
    hint: `Write beside it and compare: sudo fdts-ops init --output ${shellQuote(`${file}.new`)} && diff ${shellQuote(file)} ${shellQuote(`${file}.new`)}`,
  });
}

/** For the group of its folder, which is the worker's in /etc/fdts-ops. Never overwrites, also not at the same moment. */
async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o640).catch((error: unknown) => {
    throw error instanceof Error && 'code' in error && error.code === 'EEXIST' ? alreadyThere(file) : error;
  });
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const { gid } = await stat(path.dirname(file));
  await chown(file, 0, gid);
}

/** A host may be laid out as no configuration allows, such as a database directly in the folder of the project. */
async function problemsOf(file: string): Promise<readonly string[]> {
  try {
    await loadHostConfig(file);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path: key, got, expected }) => `  ${key}: got ${got}, expected ${expected}`);
  }
}
