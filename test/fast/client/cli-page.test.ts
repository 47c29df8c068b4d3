import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cliPage } from '../../../client/cli-page.ts';
import { registerHostCommands } from '../../../workers/host-commands.ts';

test('every verb but the worker answers in JSON', () => {
  const sections = cliPage({ registerHostCommands }).split(/^## `/m).slice(1);
  const verbs = sections.filter((section) => /^[a-z]/.test(section));
  const without = verbs.filter((section) => !section.includes('- `--json`: '));
  expect(without.map((section) => section.split(/[ `]/)[0])).toEqual(['worker']);
});

test('docs/cli.md is current', async () => {
  const written = await readFile(path.resolve(import.meta.dirname, '../../../docs/cli.md'), 'utf8');
  expect(
    written === cliPage({ registerHostCommands }),
    'stale: run node --import tsx client/write-cli-page.ts',
  ).toBe(true);
});
