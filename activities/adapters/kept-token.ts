import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The headers of a token that was issued before secrets were renewed: on this host only (0600), for one run. */
export const keptToken = (stateFolder: string, stamp: string) => {
  const file = join(stateFolder, 'tokens', stamp);
  return {
    keep: async (headers: Readonly<Record<string, string>>): Promise<void> => {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, JSON.stringify(headers), { mode: 0o600 });
    },
    /** null: none was issued. */
    read: async (): Promise<Record<string, string> | null> => {
      const text = await readFile(file, 'utf8').catch(() => null);
      if (text === null) return null;
      const headers: Record<string, string> = JSON.parse(text);
      return headers;
    },
    /** Those of earlier runs too. */
    forget: (): Promise<void> => rm(dirname(file), { recursive: true, force: true }),
  };
};
