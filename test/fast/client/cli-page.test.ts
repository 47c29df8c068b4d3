import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cliPage } from '../../../client/cli-page.ts';
import { registerHostCommands } from '../../../workers/host-commands.ts';

test('docs/cli.md is current', async () => {
  const written = await readFile(path.resolve(import.meta.dirname, '../../../docs/cli.md'), 'utf8');
  expect(
    written === cliPage({ registerHostCommands }),
    'stale: run node --import tsx client/write-cli-page.ts',
  ).toBe(true);
});
