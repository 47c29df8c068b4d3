import { readFile } from 'node:fs/promises';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { brokenBundle, unusableKey, wrongKey } from './bundle-errors.ts';

/** What opens a bundle, as configured or given. Exactly one of the three is used, in this order. */
export interface OpeningKey {
  /** A file of age identities (`AGE-SECRET-KEY-1…`), as age-keygen writes it. */
  identityFile: string | null;
  passphraseFile: string | null;
  passphrase: string | null;
}

/** How a bundle is encrypted: to recipients, or with a passphrase. */
export interface KeyConfig extends OpeningKey {
  recipients: readonly string[];
}

/** With what the bundle was decrypted again, to prove it. */
export type Proof = 'the passphrase' | 'the identity file' | 'a one-time key';

/** Encrypts one bundle, and can decrypt it again. */
export interface BundleKey {
  provenWith: Proof;
  encrypt: (plain: Uint8Array) => Promise<Uint8Array>;
  decrypt: (what: string, cipher: Uint8Array) => Promise<Buffer>;
}

const LEAST_PASSPHRASE = 16;
/** 2^17 instead of age's 2^18: half of its 256 MB, on a host that serves users. */
const SCRYPT_WORK_FACTOR = 17;

/**
 * Makes the key of one bundle; reads the files that hold secrets. With recipients alone nothing on this host could
 * decrypt the bundle, so it is also encrypted to a key that exists only in this process, for the proof.
 */
export async function bundleKey(config: KeyConfig): Promise<BundleKey> {
  const encrypter = new Encrypter();
  if (config.recipients.length === 0) {
    const passphrase = await readPassphrase(config);
    encrypter.setPassphrase(passphrase);
    encrypter.setScryptWorkFactor(SCRYPT_WORK_FACTOR);
    return withKey(encrypter, await decrypting(config), 'the passphrase');
  }
  for (const recipient of config.recipients) addRecipient(encrypter, recipient);
  if (config.identityFile !== null) return withKey(encrypter, await decrypting(config), 'the identity file');
  const oneTime = await generateX25519Identity();
  encrypter.addRecipient(await identityToRecipient(oneTime));
  const decrypter = new Decrypter();
  decrypter.addIdentity(oneTime);
  return withKey(encrypter, decrypter, 'a one-time key');
}

/** What decrypts a bundle that is there. */
export async function openBundle(key: OpeningKey, what: string, cipher: Uint8Array): Promise<Buffer> {
  return decryptWith(await decrypting(key), what, cipher);
}

function withKey(encrypter: Encrypter, decrypter: Decrypter, provenWith: Proof): BundleKey {
  return {
    provenWith,
    encrypt: (plain) => encrypter.encrypt(plain),
    decrypt: (what, cipher) => decryptWith(decrypter, what, cipher),
  };
}

async function decryptWith(decrypter: Decrypter, what: string, cipher: Uint8Array): Promise<Buffer> {
  try {
    return Buffer.from(await decrypter.decrypt(cipher));
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    if (said.startsWith('no identity matched')) {
      throw wrongKey(what, 'this key does not open it, or the beginning of the file was changed');
    }
    throw brokenBundle(what, `it is no age file, was changed, or is cut (${said})`);
  }
}

async function decrypting(key: OpeningKey): Promise<Decrypter> {
  const decrypter = new Decrypter();
  if (key.identityFile === null) {
    decrypter.addPassphrase(await readPassphrase(key));
    return decrypter;
  }
  for (const identity of await readIdentities(key.identityFile)) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      // The library's own message quotes the key.
      throw unusableKey(key.identityFile, 'a line in it is not a whole age identity', IDENTITY_HINT);
    }
  }
  return decrypter;
}

const IDENTITY_HINT = 'Give a file as "fdts-ops bundle keygen" or age-keygen writes it.';

async function readIdentities(file: string): Promise<string[]> {
  const lines = (await readSecret(file)).split('\n').map((line) => line.trim());
  const identities = lines.filter((line) => line.startsWith('AGE-SECRET-KEY-1'));
  if (identities.length > 0) return identities;
  throw unusableKey(file, 'no line in it begins with AGE-SECRET-KEY-1', IDENTITY_HINT);
}

async function readPassphrase({ passphraseFile, passphrase }: OpeningKey): Promise<string> {
  const text = passphraseFile === null ? passphrase : await readSecret(passphraseFile);
  const from = passphraseFile ?? 'the passphrase';
  if (text === null) throw unusableKey(from, 'there is none', PASSPHRASE_HINT);
  const line = text.replace(/\r?\n$/, '');
  if (line.length >= LEAST_PASSPHRASE && !/[\r\n]/.test(line)) return line;
  throw unusableKey(from, `it is not one line of ${LEAST_PASSPHRASE} or more characters`, PASSPHRASE_HINT);
}

const PASSPHRASE_HINT =
  'Set bundle.passphraseFile or bundle.passphraseEnv; "openssl rand -base64 24" makes a good one.';

async function readSecret(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'not readable';
    throw unusableKey(file, `it cannot be read (${why})`, 'Correct the path in the configuration.');
  }
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  try {
    encrypter.addRecipient(recipient);
  } catch {
    const hint = 'Correct bundle.recipients; "fdts-ops bundle keygen" prints the line that belongs there.';
    throw unusableKey(recipient, 'it is not an age recipient', hint);
  }
}
