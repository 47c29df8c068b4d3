import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';

const page = readFileSync(join(checkoutRoot, 'docs', 'architecture.md'), 'utf8');

/** The words that code, messages and pages use; each means one thing. */
const TERMS = [
  'procedure',
  'step',
  'check',
  'gate',
  'undo',
  'cut-over',
  'host',
  'hold',
  'journal',
  'fence',
  'quarantine',
  'window',
  'freeze',
  'rehearsal',
  'safe state',
  'incident',
  'report',
  'outcome',
];

test.each(TERMS)('says what the term "%s" means', (term) => {
  expect(page).toContain(`**${term}**: `);
});

test('says everything that always holds', () => {
  const section = page.split('## What always holds')[1]?.split('\n## ')[0] ?? '';
  const told = [...section.matchAll(/^(\d+)\. \*\*([^*]+)\*\*/gm)].map(([, number]) => Number(number));
  expect(told).toEqual(Array.from({ length: 14 }, (_, index) => index + 1));
});

test.each([
  [10, 'A copy is never the original'],
  [14, 'What the worker cannot do is said'],
])('%i: %s', (number, text) => {
  expect(page).toContain(`${number}. **${text}`);
});
