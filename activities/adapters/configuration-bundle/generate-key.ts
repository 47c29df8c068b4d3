import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { syncFolder } from '../data-owner/files/durable-file.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';

/** A new key: the text of its identity file, as age-keygen writes it, and the recipient that belongs to it. */
export async function generateKey(now: Date): Promise<{ identityFile: string; recipient: string }> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const lines = [`# created: ${now.toISOString()}`, `# public key: ${recipient}`, identity];
  return { identityFile: `${lines.join('\n')}\n`, recipient };
}

/** Writes an identity file, readable by its owner alone; never over a file that is there. */
export async function writeIdentity(file: string, text: string): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(file));
  } catch (cause) {
    throw explainFailure('bundle keygen', cause, file);
  }
}
