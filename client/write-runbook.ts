import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { procedures } from '../workflows/procedures/index.ts';
import { writtenRunbook } from './runbook/written-runbook.ts';

const file = path.resolve(import.meta.dirname, '../docs/runbook.md');
await writeFile(file, writtenRunbook(procedures));
process.stdout.write(`wrote ${file}\n`);
