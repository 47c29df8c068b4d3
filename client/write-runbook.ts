import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { procedures } from '../workflows/procedures/index.ts';
import { errataPage } from './runbook/errata-page.ts';
import { writtenRunbook } from './runbook/written-runbook.ts';

const docs = path.resolve(import.meta.dirname, '../docs');
const pages = { 'runbook.md': writtenRunbook(procedures), 'errata.md': errataPage() };
for (const [name, text] of Object.entries(pages)) {
  const file = path.join(docs, name);
  await writeFile(file, text);
  process.stdout.write(`wrote ${file}\n`);
}
