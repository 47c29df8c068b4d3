import { readJsonField } from '../app/json-field.ts';
import { type AppResponse, sendRequest } from '../app/send-request.ts';

/** What an address of this host answers. */
export type FoundAddress = {
  readonly url: string;
  /** The field of the answer's JSON that looks like the app's version. */
  readonly versionField: string | null;
};

/** Where health is usually asked. */
const USUAL_PATHS = [
  '/api/health',
  '/health',
  '/healthz',
  '/api/healthz',
  '/api/v1/health',
  '/_health',
  '/status',
  '/api/status',
  '/ping',
  '/up',
  '/livez',
  '/readyz',
  '/actuator/health',
];
const VERSION_FIELDS = ['version', 'appVersion', 'data.version', 'build.version', 'app.version', 'release'];
const TIMEOUT_MS = 3000;

/** What the addresses of some ports said. */
export type HealthSearch = {
  readonly found: FoundAddress | null;
  /** Something answered with a redirect, as a proxy does that wants https and its name. */
  readonly redirected: boolean;
};

/**
 * Asks ports of loopback for health: the paths of `likely` first, then the usual ones; the first that answers 2xx (a
 * web page counts only on a likely path). Sends GET only.
 */
export const findHealth = async (
  origins: readonly string[],
  likely: readonly string[],
): Promise<HealthSearch> => {
  let redirected = false;
  for (const origin of origins) {
    for (const path of new Set([...likely, ...USUAL_PATHS])) {
      const answer = await ask(`${origin}${path}`);
      if (answer === null) break;
      if (answer.status >= 300 && answer.status < 400) redirected = true;
      if (answer.status < 200 || answer.status >= 300) continue;
      if (isPage(answer.body) && !likely.includes(path)) continue;
      const versionField = VERSION_FIELDS.find((field) => readJsonField(answer.body, field) !== undefined);
      return { found: { url: `${origin}${path}`, versionField: versionField ?? null }, redirected };
    }
  }
  return { found: null, redirected };
};

// null: nobody answers at this port, so that its other paths need not be asked.
const ask = async (url: string): Promise<AppResponse | null> => {
  try {
    return await sendRequest({ what: 'findHealth', method: 'GET', url, timeoutMs: TIMEOUT_MS });
  } catch {
    return null;
  }
};

const isPage = (body: Uint8Array): boolean => /^\s*</.test(new TextDecoder().decode(body.subarray(0, 64)));
