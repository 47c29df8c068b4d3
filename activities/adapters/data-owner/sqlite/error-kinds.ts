import { errorCode, errorMessage } from '../../error-code.ts';

/**
 * Whether an error says that a part of the file cannot be read, as damage does. Other errors of input and output say
 * nothing about it: no memory, no lock, or no room for the -shm that a reader needs.
 */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB|IOERR(_(READ|SHORT_READ|CORRUPTFS|DATA))?$)/.test(errorCode(error));
}

/** Whether a disk would not take what was written: of a database that is only read this says nothing. */
export function isFailedWrite(error: unknown): boolean {
  return /^SQLITE_IOERR_(WRITE|FSYNC|DIR_FSYNC|TRUNCATE|DELETE)/.test(errorCode(error));
}

/**
 * Whether an error says that this SQLite cannot do what the schema asks for, such as sort by a collation or call a
 * function that the app brings along. It says nothing about the file.
 */
export function isNotEvaluable(error: unknown): boolean {
  return /^SQLITE_(ERROR|TOOBIG|CONSTRAINT|MISMATCH)/.test(errorCode(error));
}

/** What SQLite said, and why it could not do it. */
export function whyNotEvaluable(error: unknown): string {
  const said = errorMessage(error);
  const known = REASONS.find(({ says }) => says.test(said));
  return known === undefined ? said : `${said} (${known.because})`;
}

/** Whether it is the app alone that can do it: it brings a collation or a function along that its schema names. */
export function needsTheApp(error: unknown): boolean {
  const said = errorMessage(error);
  return isNotEvaluable(error) && BROUGHT_ALONG.some(({ says }) => says.test(said));
}

const BROUGHT_ALONG = [
  { says: /no such collation/, because: 'the app brings this order along, and only the app knows it' },
  {
    says: /(no such|unknown) function|unsafe use of/,
    because: 'the app brings this function along, and only the app can call it',
  },
] as const;

const REASONS = [
  ...BROUGHT_ALONG,
  { says: /foreign key mismatch/, because: 'what is referred to is not unique there, so SQLite checks none' },
] as const;
