import { missingNeeds, needs } from './debian-needs.mjs';
import { ensureDebianPackages } from './debian-packages.ts';

/**
 * Installs what makes the archives that the reader is tried on, as far as it is missing: the site's script, and the
 * archivers that a person may use.
 */
export async function ensureArchiveTools(): Promise<void> {
  await ensureDebianPackages(missingNeeds(needs.archives), 'The tests of foreign archives');
}
