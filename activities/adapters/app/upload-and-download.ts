import { createHash } from 'node:crypto';
import { OperationError } from '../operation-error.ts';
import type { AccessToken } from './access-token.ts';
import { readJsonField } from './json-field.ts';
import { type AppRequest, type AppResponse, refusedStatus, sendRequest } from './send-request.ts';

/** The upload of a test file, as configured in checks.upload. */
export type UploadRequest = {
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly field: string;
  readonly idField: string;
  /** Contains `{id}`. */
  readonly downloadUrl: string;
  /** Contains `{id}`; null when the app cannot delete. */
  readonly deleteUrl: string | null;
  readonly deleteMethod: 'DELETE' | 'POST';
};

/** What was proved. `leftBehind` is the name of the test file when it was not deleted, else null. */
export type UploadProof = {
  readonly bytes: number;
  readonly sha256Equal: true;
  readonly milliseconds: number;
  readonly leftBehind: string | null;
};

/** Who asks, and for which run. */
export type UploadOptions = {
  readonly runId: string;
  readonly token: AccessToken | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** Size of the test file: more than one network packet, less than any upload limit. */
const SMOKE_FILE_BYTES = 64 * 1024;

/**
 * Uploads `fdts-ops-smoke-<runId>.bin`, downloads it, compares it byte by byte, deletes it again.
 * Repeating it is safe: the content depends on the run alone and every attempt deletes what it uploaded. Killed in the
 * middle it leaves that one small file behind. Throws `OperationError`: `APP_STATUS`, `UPLOAD_ID_MISSING`,
 * `DOWNLOAD_DIFFERS` and those of `sendRequest`; the file is deleted before that as well.
 */
export const uploadAndDownload = async (
  upload: UploadRequest,
  options: UploadOptions,
): Promise<UploadProof> => {
  const name = `fdts-ops-smoke-${options.runId}.bin`;
  const content = smokeContent(options.runId);
  const started = performance.now();
  const id = await sendFile(upload, name, content, options);
  let isDeleted = false;
  try {
    await compare(upload.downloadUrl.replace('{id}', encodeURIComponent(id)), content, options);
  } finally {
    // Also when the caller gave up: one more request, bounded by its timeout.
    isDeleted = await remove(upload, id, { ...options, signal: undefined });
  }
  const milliseconds = Math.round(performance.now() - started);
  return { bytes: content.length, sha256Equal: true, milliseconds, leftBehind: isDeleted ? null : name };
};

const sendFile = async (
  upload: UploadRequest,
  name: string,
  content: Buffer,
  options: UploadOptions,
): Promise<string> => {
  const form = new FormData();
  form.append(upload.field, new Blob([new Uint8Array(content)], { type: 'application/octet-stream' }), name);
  const { body } = await send(
    { what: 'upload', method: upload.method, url: upload.url, body: form },
    options,
  );
  const id = readJsonField(body, upload.idField);
  if (id !== undefined) return id;
  throw new OperationError({
    code: 'UPLOAD_ID_MISSING',
    operation: 'upload',
    target: `${upload.method} ${upload.url}`,
    cause: `the answer has no id in the field ${upload.idField}`,
    hint: "Set checks.upload.idField to where the answer's JSON carries the id of the new file.",
    retryable: false,
  });
};

const compare = async (url: string, content: Buffer, options: UploadOptions): Promise<void> => {
  const { body } = await send({ what: 'download', method: 'GET', url }, options);
  if (sha256(body) === sha256(content)) return;
  throw new OperationError({
    code: 'DOWNLOAD_DIFFERS',
    operation: 'download',
    target: `GET ${url}`,
    cause: `${body.length} bytes came back that are not the ${content.length} bytes that were uploaded`,
    hint: 'Users would get broken files: do not let them in. Look at the logs of the app and at the disk of the uploads.',
    retryable: false,
  });
};

// A test file that stays is a line in the report, never a reason to fail: the answer that was looked for is known.
const remove = async (
  { deleteUrl, deleteMethod }: UploadRequest,
  id: string,
  options: UploadOptions,
): Promise<boolean> => {
  if (deleteUrl === null) return false;
  const url = deleteUrl.replace('{id}', encodeURIComponent(id));
  return send({ what: 'delete', method: deleteMethod, url }, options).then(
    () => true,
    () => false,
  );
};

const send = async (
  request: Pick<AppRequest, 'what' | 'method' | 'url' | 'body'>,
  { token, timeoutMs, signal }: UploadOptions,
): Promise<AppResponse> => {
  const response = await sendRequest({ ...request, headers: token?.headers() ?? {}, timeoutMs, signal });
  if (response.status >= 200 && response.status < 300) return response;
  throw refusedStatus(request, response.status, hintFor(response.status));
};

const hintFor = (status: number): string => {
  if (status === 401 || status === 403)
    return 'The test user may not do this, or checks.login (tokenField, tokenHeader, tokenFormat) does not send the token as the app expects it.';
  if (status === 413) return 'The app or the proxy refuses 64 KB: look at its upload limit.';
  if (status >= 500) return 'The app failed by itself: look at its logs and at the disk of the uploads.';
  return 'Compare checks.upload with what the app expects.';
};

const smokeContent = (runId: string): Buffer => {
  const blocks = Array.from({ length: SMOKE_FILE_BYTES / 32 }, (_, index) =>
    createHash('sha256').update(`${runId}:${index}`).digest(),
  );
  return Buffer.concat(blocks);
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
