import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// What the meter and the processes of a backup are started with.
const programs = ['bash', 'setpriv', 'nice', 'ionice'];

/** A search path on which a backup finds everything but igzip: a folder with links, made below this one. */
export function pathWithoutIgzip(folder: string): string {
  const links = join(folder, 'without-igzip');
  mkdirSync(links);
  const places = (process.env['PATH'] ?? '').split(delimiter);
  for (const program of programs) {
    const place = places.find((candidate) => existsSync(join(candidate, program)));
    if (place !== undefined) symlinkSync(join(place, program), join(links, program));
  }
  return links;
}
