import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../../docs/fault-cases.md', import.meta.url), 'utf8');
const shown = [...page.matchAll(/`([\w/-]+\.test\.ts)`: (.+?) \|$/gm)].map(([, file = '', title = '']) => [
  file,
  title,
]);

it('has a test in each row', () => {
  const rows = page.split('\n').filter((line) => /^\| \d+ \|/.test(line));
  expect(rows.length).toBeGreaterThan(20);
  expect(shown).toHaveLength(rows.length);
});

it.each(shown)('%s: %s', (file = '', title = '') => {
  expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(title);
});
