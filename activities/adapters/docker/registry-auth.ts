import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AuthConfig } from 'dockerode';

/**
 * The login that `docker login` saved for a registry (null: Docker's default one), undefined when there is none.
 * Logins kept by a credential helper are not read.
 */
export const readRegistryAuth = async (registry: string | null): Promise<AuthConfig | undefined> => {
  const folder = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}');
  const address = registry ?? 'https://index.docker.io/v1/';
  const encoded = authOf(parseJson(text), address);
  if (encoded === undefined) return undefined;
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = login.indexOf(':');
  return { username: login.slice(0, colon), password: login.slice(colon + 1), serveraddress: address };
};

const authOf = (config: unknown, address: string): string | undefined => {
  const auths = isMap(config) && isMap(config['auths']) ? config['auths'] : {};
  const entry = auths[address];
  return isMap(entry) && typeof entry['auth'] === 'string' && entry['auth'] !== ''
    ? entry['auth']
    : undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
