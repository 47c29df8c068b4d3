import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';

const folder = join(checkoutRoot, 'docs', 'decisions');
const pages = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .sort();

it('each decision has a number of its own', () => {
  const numbers = pages.map((name) => name.slice(0, 4));
  expect(numbers).toEqual([...new Set(numbers)]);
});

it.each(pages)('the heading of %s has the number of its name', (name) => {
  expect(readFileSync(join(folder, name), 'utf8')).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. `));
});
