import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { valueOf } from './replace-values.ts';

/** What may be said of a secret: never its value. */
export interface InspectedSecret {
  key: string;
  /** What is wrong with it; null when nothing is. */
  problem: string | null;
  isMissing: boolean;
  /** Equal for equal values under one probe key, which lives as long as one question. */
  mark: string;
}

const LEAST_CHARACTERS = 32;
const LEAST_DIFFERENT = 10;
const PLACEHOLDER = /secret|passw|change.?me|example|default|placeholder|your.?key|12345/i;

/** Looks at secrets of an env file, as root: whether they are there and hard to guess. Nothing of a value leaves the process. */
export async function inspectSecrets({
  envFile,
  keys,
  probe,
}: {
  envFile: string;
  keys: readonly string[];
  probe: string;
}): Promise<InspectedSecret[]> {
  try {
    const text = (await readFile(envFile)).toString('latin1');
    const values = keys.map((key) => ({ key, value: bare(valueOf(text, key)) }));
    return values.map(({ key, value }) => ({
      key,
      problem: secretProblem(value) ?? sameAs(values, key, value),
      isMissing: value === '',
      mark: markOf(value, probe),
    }));
  } catch (cause) {
    throw explainFailure('inspectSecrets', cause, envFile);
  }
}

/** A mark by which two values can be compared without either being kept. */
export function markOf(value: string, probe: string): string {
  return createHmac('sha256', probe).update(value).digest('hex');
}

/** What is wrong with a secret by itself; null when nothing is. */
export function secretProblem(value: string): string | null {
  if (value === '') return 'it is not set';
  if (value.length < LEAST_CHARACTERS) return `it has fewer than ${LEAST_CHARACTERS} characters`;
  if (new Set(value).size < LEAST_DIFFERENT)
    return `it has fewer than ${LEAST_DIFFERENT} different characters`;
  return PLACEHOLDER.test(value) ? 'it reads like a placeholder' : null;
}

function sameAs(
  values: readonly { key: string; value: string }[],
  key: string,
  value: string,
): string | null {
  const twin = values.find((other) => other.key !== key && other.value === value);
  return twin === undefined ? null : `it is the same as ${twin.key}`;
}

function bare(value: string | undefined): string {
  return (value ?? '').trim().replaceAll(/^(['"])(.*)\1$/g, '$2');
}
