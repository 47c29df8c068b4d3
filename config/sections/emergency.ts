import { durationField } from '../duration.ts';
import { listField, section, textField } from '../field.ts';
import { absolutePathField } from '../path-field.ts';

/** As Docker writes it: a registry's host (with port) if any, then names in lower case; neither tag nor digest. */
const REPOSITORY =
  /^([A-Za-z0-9.-]+(:\d{1,5})?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

/** `emergency`: what an emergency maintenance may change. */
export const emergencySection = section({
  images: listField(
    textField('a repository without a tag such as registry.example.org/fdts/app', REPOSITORY),
    0,
  )
    .prefault([])
    .describe(
      'Repositories whose images an emergency maintenance may put in the place of a service. Empty: none.',
    ),
  scripts: absolutePathField('/etc/fdts-ops/emergency.d')
    .nullable()
    .prefault(null)
    .describe(
      'Folder of the scripts that an emergency maintenance may run as root while FDTS is stopped, and of the backup script of backups.command.hostScript: files directly in it, of root, which nobody else can change, nor any folder above. Run packaging/install-host.sh after a change; null: no scripts.',
    ),
  scriptTimeout: durationField({ least: '1s', most: '2h' })
    .prefault('10m')
    .describe('How long a script may take; then it is ended, and what it did stays.'),
  watch: durationField({ least: '5s', most: '24h' })
    .prefault('5m')
    .describe('How long FDTS is watched closely after an emergency change.'),
})
  .prefault({})
  .describe('What an emergency maintenance may change.');
