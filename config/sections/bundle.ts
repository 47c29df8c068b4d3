import { bech32 } from '@scure/base';
import * as z from 'zod';
import { listField, registerField, section, wholeNumberField } from '../field.ts';
import { absolutePathField, projectFileField } from '../path-field.ts';
import { environmentNameField } from './login.ts';

/** `bundle`: the encrypted bundle of the configuration beside a backup. */
export const bundleSection = section({
  recipients: listField(recipientField(), 0)
    .prefault([])
    .describe(
      'Public keys of those who can open the bundle; "fdts-ops bundle keygen" makes one. Empty, and no passphrase: no bundle is made, and every backup says so.',
    ),
  identityFile: absolutePathField('/etc/fdts-ops/bundle.key')
    .nullable()
    .prefault(null)
    .describe(
      'File (mode 0600) with a private key of one of the recipients, to prove each bundle with it; null when the key is kept elsewhere, which is safer.',
    ),
  passphraseFile: absolutePathField('/etc/fdts-ops/bundle-passphrase')
    .optional()
    .describe('File (mode 0600) with a passphrase of 16 or more characters, in place of recipients.'),
  passphraseEnv: environmentNameField()
    .optional()
    .describe(
      "Name of the variable in the worker's environment that holds the passphrase, in place of recipients.",
    ),
  paths: listField(projectFileField('docs/contacts.md'), 0)
    .prefault([])
    .describe(
      'More files and folders to take. What the compose files name, the systemd unit, emergency.scripts and this file are taken anyway.',
    ),
  maxFolderMegabytes: wholeNumberField(1, 100)
    .prefault(16)
    .describe(
      'A mounted folder or build context larger than this is not taken, and said; of a build context the Dockerfile is.',
    ),
})
  .prefault({})
  .describe('The encrypted bundle of the configuration, made beside every backup that a run makes.');

function recipientField() {
  const expected = 'an age recipient (age1… with 58 more characters, as "fdts-ops bundle keygen" prints it)';
  const schema = z.string({ error: expected }).refine(isRecipient, { error: expected });
  return registerField(schema, expected);
}

/** X25519 only: every version of age opens it. The check digits of the text itself catch a slip of the keyboard. */
function isRecipient(text: string): boolean {
  if (!/^age1[a-z0-9]{58}$/.test(text)) return false;
  return bech32.decodeUnsafe(text, false) !== undefined;
}
