import { Journal } from '../activities/adapters/journal/journal.ts';
import type { HostConfig } from '../config/host-schema.ts';
import { journalFile } from './state-files.ts';

/** Opens the host's journal for one piece of work, and closes it however that ends. */
export async function withJournal(
  config: HostConfig,
  work: (journal: Journal) => Promise<void>,
): Promise<void> {
  const journal = new Journal(journalFile(config));
  try {
    await work(journal);
  } finally {
    journal.close();
  }
}
