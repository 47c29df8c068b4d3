import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type HttpAnswer, type HttpCall, httpRequest } from './http-request.ts';
import { smokeUser } from './seed/seed-database.ts';

const audited = z.object({ id: z.number() });
const uploaded = z.object({ id: z.string(), name: z.string(), size: z.number(), sha256: z.string() });

/** What FDTS answered to an accepted upload. */
export type Uploaded = z.infer<typeof uploaded>;

/** FDTS as its users see it; every call rejects unless FDTS accepted it. */
export interface FdtsClient {
  health(): Promise<{ status: string; version: string; database: string }>;
  upload(name: string, bytes: Uint8Array): Promise<Uploaded>;
  /** The sha256 of a file's bytes as served; undefined when FDTS does not have it. */
  downloadedSha256(id: string): Promise<string | undefined>;
  /** Adds an audit row and gives its id. */
  addAuditRow(action: string, details: string): Promise<number>;
  /** The details of an audit row; undefined when FDTS does not have it. */
  auditDetails(id: number): Promise<string | undefined>;
}

/** A client that signs in (again) as the smoke user when it has to. */
export function createFdtsClient(
  baseUrl: string,
  user: { username: string; password: string } = smokeUser,
): FdtsClient {
  let token: string | undefined;
  return {
    health: async () =>
      z
        .object({ status: z.string(), version: z.string(), database: z.string() })
        .parse(jsonOf(accepted('health', await httpRequest(`${baseUrl}/api/health`)))),
    upload: async (name, bytes) => {
      const form = new FormData();
      form.set('file', new Blob([new Uint8Array(bytes)]), name);
      const packed = new Response(form);
      const body = Buffer.from(await packed.arrayBuffer());
      const headers = { 'content-type': packed.headers.get('content-type') ?? '' };
      return uploaded.parse(jsonOf(await signedIn('/api/files', { method: 'POST', headers, body })));
    },
    downloadedSha256: async (id) => {
      const answer = await signedIn(`/api/files/${id}`, {}, 404);
      return answer.status === 404 ? undefined : createHash('sha256').update(answer.body).digest('hex');
    },
    addAuditRow: async (action, details) => {
      const body = JSON.stringify({ action, details });
      return audited.parse(jsonOf(await signedIn('/api/audit-logs', { method: 'POST', body }))).id;
    },
    auditDetails: async (id) => {
      const answer = await signedIn(`/api/audit-logs/${id}`, {}, 404);
      return answer.status === 404
        ? undefined
        : z.object({ details: z.string() }).parse(jsonOf(answer)).details;
    },
  };

  async function signedIn(path: string, call: HttpCall, ...alsoFine: number[]): Promise<HttpAnswer> {
    token ??= await signIn();
    const first = await callWith(token);
    if (first.status !== 401) return accepted(path, first, ...alsoFine);
    token = await signIn();
    return accepted(path, await callWith(token), ...alsoFine);

    function callWith(bearer: string): Promise<HttpAnswer> {
      return httpRequest(`${baseUrl}${path}`, {
        ...call,
        headers: { ...call.headers, authorization: `Bearer ${bearer}` },
      });
    }
  }

  async function signIn(): Promise<string> {
    const answer = await httpRequest(`${baseUrl}/api/auth/login`, {
      method: 'POST',
      body: JSON.stringify(user),
    });
    return z.object({ token: z.string() }).parse(jsonOf(accepted('sign-in', answer))).token;
  }
}

function accepted(what: string, answer: HttpAnswer, ...alsoFine: number[]): HttpAnswer {
  if ((answer.status >= 200 && answer.status < 300) || alsoFine.includes(answer.status)) return answer;
  throw new Error(
    `FDTS, ${what}: answered ${answer.status}, expected 2xx. ${answer.body.toString().slice(0, 200)}`,
  );
}

function jsonOf(answer: HttpAnswer): unknown {
  return JSON.parse(answer.body.toString());
}
