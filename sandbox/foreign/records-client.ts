import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type HttpAnswer, type HttpCall, httpRequest } from '../http-request.ts';
import type { WritableApp } from '../writer.ts';
import { probePassphrase } from './foreign-host.ts';

/** The foreign app as its users see it; every call rejects unless the app accepted it. */
export interface RecordsClient extends WritableApp {
  /** The version that users get; rejects when the app is not healthy. */
  version(): Promise<string>;
}

const signedIn = z.object({ session: z.object({ bearer: z.string() }) });
const stored = z.object({ object: z.object({ key: z.number() }) });

/** A client that signs in as the account `probe`. */
export function createRecordsClient(baseUrl: string): RecordsClient {
  let session: string | undefined;
  return {
    version: async () => {
      const status = z.object({ build: z.object({ version: z.string() }) });
      return status.parse(jsonOf(accepted(await httpRequest(`${baseUrl}/status`)))).build.version;
    },
    upload: async (name, bytes) => {
      const form = new FormData();
      form.set('blob', new Blob([new Uint8Array(bytes)]), name);
      const packed = new Response(form);
      const headers = { 'content-type': packed.headers.get('content-type') ?? '' };
      const body = Buffer.from(await packed.arrayBuffer());
      const { object } = stored.parse(jsonOf(await call('/objects', { method: 'PUT', headers, body })));
      return { id: String(object.key), sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    downloadedSha256: async (id) => {
      const answer = await call(`/objects/${id}/raw`, {}, 404);
      return answer.status === 404 ? undefined : createHash('sha256').update(answer.body).digest('hex');
    },
    addAuditRow: async (_action, details) => {
      const body = JSON.stringify({ text: details });
      const answer = await call('/entries', { method: 'POST', body });
      return z.object({ entry: z.number() }).parse(jsonOf(answer)).entry;
    },
    auditDetails: async (id) => {
      const answer = await call(`/entries/${id}`, {}, 404);
      return answer.status === 404 ? undefined : z.object({ text: z.string() }).parse(jsonOf(answer)).text;
    },
  };

  async function call(path: string, request: HttpCall, ...alsoFine: number[]): Promise<HttpAnswer> {
    session ??= await signIn();
    const headers = { ...request.headers, 'x-session': session };
    return accepted(await httpRequest(`${baseUrl}${path}`, { ...request, headers }), ...alsoFine);
  }

  async function signIn(): Promise<string> {
    const body = String(new URLSearchParams({ user: 'probe', passphrase: probePassphrase }));
    const answer = accepted(await httpRequest(`${baseUrl}/session`, { method: 'POST', body }));
    return signedIn.parse(jsonOf(answer)).session.bearer;
  }
}

function accepted(answer: HttpAnswer, ...alsoFine: number[]): HttpAnswer {
  if ((answer.status >= 200 && answer.status < 300) || alsoFine.includes(answer.status)) return answer;
  throw new Error(`the foreign app answered ${answer.status}, expected 2xx`);
}

function jsonOf(answer: HttpAnswer): unknown {
  return JSON.parse(answer.body.toString());
}
