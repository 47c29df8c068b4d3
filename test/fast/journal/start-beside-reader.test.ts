import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { Journal } from '../../../activities/adapters/journal/journal.ts';
import { prepareSchema } from '../../../activities/adapters/journal/schema.ts';
import { journalSite } from './support/journal-site.ts';

it('a worker starts while somebody else reads the journal', () => {
  const { file } = journalSite();
  new Journal(file).close();
  const reader = new Database(file, { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM entries').get();
  const starting = new Database(file, { timeout: 0 });
  expect(() => prepareSchema(starting)).not.toThrow();
  starting.close();
  reader.close();
});
