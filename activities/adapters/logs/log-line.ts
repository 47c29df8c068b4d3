import { jsonFields } from '../json-fields.ts';

/** How bad a log line is; `unknown`: the line does not say. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'unknown';

/** A line taken apart; null for one that belongs to the line before it (a stack trace) or is empty. */
export const readLogLine = (line: string): { readonly level: LogLevel; readonly message: string } | null => {
  if (/^\s*$/.test(line) || /^\s+(at |\.\.\.|File |[|^])/.test(line)) return null;
  const json = line.trimStart().startsWith('{') ? readJson(line) : null;
  if (json !== null) return json;
  const access = accessLine.exec(line);
  if (access !== null)
    return { level: Number(access[1]) >= 500 ? 'error' : 'info', message: `answered ${access[1]}` };
  const logfmt = /\blevel=(\w+).*?\bmsg=(?:"((?:[^"\\]|\\.)*)"|(\S+))/.exec(line);
  if (logfmt !== null) return { level: namedLevel(logfmt[1]), message: logfmt[2] ?? logfmt[3] ?? '' };
  const message = line.replace(leadingTime, '');
  return { level: levelOfText(message), message: message.replace(leadingLevel, '') };
};

// The common format of web servers: the status is the first number after the quoted request.
const accessLine = /^\S+ \S+ \S+ \[[^\]]+\] "[^"]*" (\d{3}) /;

const leadingTime = /^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?\]?\s*/;

const leadingLevel = /^\[?(?:fatal|critical|error|warn(?:ing)?|notice|info|debug|trace)\]?:?\s+/i;

const readJson = (line: string): { level: LogLevel; message: string } | null => {
  const fields = jsonFields(line);
  if (fields === null) return null;
  const first = (...names: string[]) =>
    names.map((name) => fields.get(name)).find((value) => value !== undefined);
  const message = first('msg', 'message', 'event', 'error');
  return {
    level: namedLevel(first('level', 'severity', 'lvl', 'levelname')),
    message: typeof message === 'string' ? message : 'no message',
  };
};

// Numbers as pino and bunyan write them.
const namedLevel = (value: unknown): LogLevel => {
  if (typeof value === 'number') {
    return numberedLevels.find(([least]) => value >= least)?.[1] ?? 'trace';
  }
  return levelNames.get(String(value).toLowerCase()) ?? 'unknown';
};

const numberedLevels = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
] as const;

const levelNames = new Map<string, LogLevel>([
  ...['fatal', 'emerg', 'alert', 'crit', 'critical', 'panic'].map((name) => [name, 'fatal'] as const),
  ...['error', 'err', 'severe'].map((name) => [name, 'error'] as const),
  ...['warn', 'warning'].map((name) => [name, 'warn'] as const),
  ...['info', 'notice', 'information', 'log'].map((name) => [name, 'info'] as const),
  ['debug', 'debug'],
  ['trace', 'trace'],
]);

// A level counts where a level is written: at the start, in brackets, as a field, or in capitals near the start.
// Else the line must speak of an error: "0 errors", "no errors" and "errors=0" do not.
const levelOfText = (text: string): LogLevel => {
  // A JSON line that was cut off.
  const cut = /"(?:level|severity|lvl)":\s*"(\w+)"/.exec(text);
  if (cut?.[1] !== undefined) return namedLevel(cut[1]);
  const unquoted = text.replaceAll(/"[^"]*"|'[^']*'/g, '');
  const written =
    /^\[?(fatal|critical|emerg|alert|crit|error|warn(?:ing)?|notice|info|debug|trace)\b(?=[\]:\s])(?!\s*[:=]?\s*0\b)/i.exec(
      unquoted,
    ) ??
    /\[(emerg|alert|crit|error|warn|notice|info|debug)\]/i.exec(unquoted) ??
    /\b(?:level|severity|lvl)=(\w+)/i.exec(unquoted) ??
    /^.{0,40}\b(FATAL|CRITICAL|ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE)\b/.exec(unquoted);
  if (written?.[1] !== undefined) return namedLevel(written[1]);
  const harmless = unquoted.replaceAll(
    /\b(?:0|no|without|zero)\s+(?:\w+\s+)?(?:errors?|exceptions?)\b|\b\w*errors?\w*\s*[:=]\s*0\b/gi,
    '',
  );
  if (/\b(?:fatal|panic|out of memory)\b/i.test(harmless)) return 'fatal';
  return /\b\w*(?:error|exception)s?\b|\btraceback\b|\berr!/i.test(harmless) ? 'error' : 'unknown';
};
