import type { AccessToken } from './access-token.ts';
import { checkHealth, type Health } from './check-health.ts';
import { type LoginRequest, login } from './login.ts';
import { type UploadProof, type UploadRequest, uploadAndDownload } from './upload-and-download.ts';
import { waitUntilHealthy } from './wait-until-healthy.ts';

/** Where the app is asked; the `checks` section of a host's configuration fits, with its timeout in milliseconds. */
export type AppClientOptions = {
  readonly healthUrl: string;
  readonly versionField: string | null;
  readonly proxyUrl: string;
  readonly login: LoginRequest | null;
  readonly upload: UploadRequest | null;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
};

/** The smoke checks over HTTP. Of each function: what it changes and why repeating is safe stands where it is defined. */
export type AppClient = {
  /** Asks the app itself (default) or through the reverse proxy. An app that is down is an answer, not an error. */
  checkHealth(ask?: { through?: 'app' | 'proxy'; signal?: AbortSignal | undefined }): Promise<Health>;
  waitUntilHealthy(wait: HealthPatience): Promise<Health>;
  /** Null when no login is configured: the report then says that it was skipped. Never return the token from an activity. */
  login(ask?: { signal?: AbortSignal | undefined }): Promise<AccessToken | null>;
  /** Logs in first when a login is configured. Null when no upload is configured. */
  uploadAndDownload(ask: { runId: string; signal?: AbortSignal | undefined }): Promise<UploadProof | null>;
  /** The same app, asked as users ask it. */
  asUsers(): Pick<AppClient, 'login' | 'uploadAndDownload'>;
};

/** How long to wait for a healthy app in all; `intervalMs` (500) between two questions. */
export type HealthPatience = {
  readonly timeoutMs: number;
  readonly through?: 'app' | 'proxy';
  readonly intervalMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProbe?: (health: Health) => void;
};

/** Makes the client of one app. It keeps no token and no connection of its own between calls. */
export const createAppClient = (options: AppClientOptions): AppClient => {
  const { versionField, timeoutMs } = options;
  const urlOf = (through: 'app' | 'proxy' = 'app'): string =>
    through === 'app' ? options.healthUrl : options.proxyUrl;
  const logIn = async (signal: AbortSignal | undefined): Promise<AccessToken | null> =>
    options.login === null ? null : login(options.login, { timeoutMs, signal });
  return {
    checkHealth: async ({ through, signal } = {}) =>
      checkHealth({ url: urlOf(through), versionField, timeoutMs, signal }),
    waitUntilHealthy: async ({ through, signal, timeoutMs: withinMs, intervalMs = 500, onProbe }) =>
      waitUntilHealthy(
        { url: urlOf(through), versionField, timeoutMs, signal },
        { withinMs, intervalMs, onProbe },
      ),
    login: async ({ signal } = {}) => logIn(signal),
    uploadAndDownload: async ({ runId, signal }) => {
      if (options.upload === null) return null;
      const token = await logIn(signal);
      return uploadAndDownload(options.upload, { runId, token, timeoutMs, signal });
    },
    asUsers: () => createAppClient(moveUrls(options, usersWay(options))),
  };
};

/**
 * Where users reach what stands at an address of the app: at the reverse proxy, below the path that its health address shows.
 * What is not at the app's own host and port, as `checks.healthUrl` has them, is the users' way already. Pure.
 */
export const usersWay = ({ healthUrl, proxyUrl }: Pick<AppClientOptions, 'healthUrl' | 'proxyUrl'>) => {
  const app = atHost(healthUrl);
  const proxy = atHost(proxyUrl);
  const below = proxy.path.endsWith(app.path) ? proxy.path.slice(0, -app.path.length) : '';
  return (url: string): string => {
    const { host, path } = atHost(url);
    return host === app.host ? `${proxy.host}${below}${path}` : url;
  };
};

/** As text: a parsed URL would encode the `{id}` of a path. */
const atHost = (url: string): { readonly host: string; readonly path: string } => {
  const [, host = url, path = ''] = /^(https?:\/\/[^/]+)(.*)$/i.exec(url) ?? [];
  return { host, path: path || '/' };
};

/** The same checks against other addresses of the same app: those of a throwaway copy. */
export const moveUrls = (options: AppClientOptions, move: (url: string) => string): AppClientOptions => {
  const { login: loginRequest, upload } = options;
  return {
    ...options,
    healthUrl: move(options.healthUrl),
    proxyUrl: move(options.proxyUrl),
    login: loginRequest === null ? null : { ...loginRequest, url: move(loginRequest.url) },
    upload:
      upload === null
        ? null
        : {
            ...upload,
            url: move(upload.url),
            downloadUrl: move(upload.downloadUrl),
            deleteUrl: upload.deleteUrl === null ? null : move(upload.deleteUrl),
          },
  };
};
