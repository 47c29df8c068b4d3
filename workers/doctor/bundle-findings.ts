import { bundleKeyOf, isBundleConfigured } from '../../activities/backups/bundle-contents.ts';
import { NOT_CONFIGURED } from '../../activities/backups/configuration-bundle.ts';
import type { Finding } from '../../client/commands/doctor.ts';
import type { HostConfig } from '../../config/host-schema.ts';

const NAME = 'configuration bundle';

/** Whether backups have a bundle of the configuration beside them, and how it is encrypted. */
export function bundleFindings(config: HostConfig): readonly Finding[] {
  if (!isBundleConfigured(config)) {
    const { got, answer = '' } = NOT_CONFIGURED;
    return [{ name: NAME, status: 'warning', found: `not proven: ${got}`, getIt: answer }];
  }
  const { recipients, passphraseFile, passphrase } = bundleKeyOf(config);
  if (recipients.length > 0) {
    const found = `made beside each backup, for ${recipients.length} recipient${recipients.length === 1 ? '' : 's'}`;
    return [{ name: NAME, status: 'ok', found }];
  }
  if (passphraseFile === null && passphrase === null) {
    const variable = config.bundle.passphraseEnv ?? '';
    const getIt = `set ${variable} in /etc/fdts-ops/host.env`;
    return [{ name: NAME, status: 'missing', found: `${variable} is not set, so none can be made`, getIt }];
  }
  return [{ name: NAME, status: 'ok', found: 'made beside each backup, with a passphrase' }];
}
