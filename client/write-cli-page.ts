import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { registerHostCommands } from '../workers/host-commands.ts';
import { cliPage } from './cli-page.ts';

const file = path.resolve(import.meta.dirname, '../docs/cli.md');
await writeFile(file, cliPage({ registerHostCommands }));
process.stdout.write(`wrote ${file}\n`);
