import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** The least that a host file must say. */
export const smallestHost = `
host: {name: fdts-prod, timezone: Europe/Paris}
data: {owner: {uid: 10001, gid: 10001}}
checks: {login: null, upload: null}
`;

/** Writes a configuration file of its own folder, removed at the end of the test; returns its path. */
export async function writeConfigFile(text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fdts-ops-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'host.yml');
  await writeFile(file, text);
  return file;
}
