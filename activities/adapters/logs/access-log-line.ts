import { OWN_USER_AGENT } from '../app/send-request.ts';
import { jsonFields } from '../json-fields.ts';

/** One answered request. */
export type AccessLogEntry = {
  readonly status: number;
  /** Milliseconds since 1970; null when the line does not say. */
  readonly at: number | null;
  /** Made by fdts-ops itself, not by a user. */
  readonly isOwn: boolean;
};

/** How the lines of an access log are written; `accessLog` in the configuration. */
export type AccessLogFormat = {
  readonly format: 'combined' | 'json';
  readonly timeField: string;
  readonly statusField: string;
  readonly agentField: string;
};

/** Reads one line; null for what is no request: an error message in the same log, a format that is another one. */
export const readAccessLine = (line: string, format: AccessLogFormat): AccessLogEntry | null =>
  format.format === 'json' ? readJsonLine(line, format) : readCombinedLine(line);

const readCombinedLine = (line: string): AccessLogEntry | null => {
  const found = combined.exec(line);
  if (found === null) return null;
  const [, time = '', status = '', agent] = found;
  return { status: Number(status), at: readTime(time), isOwn: agent === OWN_USER_AGENT };
};

// address - user [time] "request" status bytes "referer" "agent"; quotes within a value are escaped by nginx.
const combined = /^\S+ \S+ \S+ \[([^\]]+)\] "[^"]*" (\d{3}) (?:\d+|-)(?: "[^"]*" "([^"]*)")?/;

const readJsonLine = (
  line: string,
  { timeField, statusField, agentField }: AccessLogFormat,
): AccessLogEntry | null => {
  const fields = jsonFields(line);
  if (fields === null) return null;
  const status = Number(fields.get(statusField));
  if (!Number.isInteger(status) || status < 100 || status > 599) return null;
  return {
    status,
    at: readTime(fields.get(timeField)),
    isOwn: fields.get(agentField) === OWN_USER_AGENT,
  };
};

const readTime = (value: unknown): number | null => {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  // 25/Nov/2026:18:00:01 +0000
  const nginx = /^(\d\d)\/(\w{3})\/(\d{4}):([\d:]{8}) ([+-]\d{4})$/.exec(text);
  const readable = nginx === null ? text : `${nginx[1]} ${nginx[2]} ${nginx[3]} ${nginx[4]} ${nginx[5]}`;
  const at = Date.parse(readable);
  return Number.isNaN(at) ? null : at;
};
