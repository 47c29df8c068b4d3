import { open, rename } from 'node:fs/promises';

/** Writes a file that only its owner may read, whole or not at all; one that is there is replaced. */
export const writeSecretly = async (file: string, text: string): Promise<void> => {
  const part = `${file}.part`;
  const handle = await open(part, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
};
