import { OperationError } from '../operation-error.ts';
import { readJsonField } from './json-field.ts';
import { sendRequest } from './send-request.ts';

/**
 * What the health address said. `ok`: it answered 2xx. `status` is null when no answer came, and `problem` then says
 * why in words. `version` is null when the answer carries none.
 */
export type Health = {
  readonly ok: boolean;
  readonly status: number | null;
  readonly version: string | null;
  readonly milliseconds: number;
  readonly problem: string | null;
};

/** What to ask and how long to wait for the answer. */
export type HealthQuestion = {
  readonly url: string;
  readonly versionField: string | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** Asks once. An app that is down is an answer, not an error; throws only `APP_REQUEST_ABORTED`. */
export const checkHealth = async (question: HealthQuestion): Promise<Health> => {
  const { url, versionField, timeoutMs, signal } = question;
  const started = performance.now();
  try {
    const request = { what: 'checkHealth', method: 'GET', url, timeoutMs, signal };
    const { status, body, milliseconds } = await sendRequest(request);
    const ok = status >= 200 && status < 300;
    const version = versionField === null ? null : (readJsonField(body, versionField) ?? null);
    return { ok, status, version, milliseconds, problem: ok ? null : `answered ${status}, expected 2xx` };
  } catch (error) {
    if (!(error instanceof OperationError) || error.code === 'APP_REQUEST_ABORTED') throw error;
    const milliseconds = Math.round(performance.now() - started);
    return { ok: false, status: null, version: null, milliseconds, problem: String(error.cause) };
  }
};
