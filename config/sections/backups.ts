import { durationField } from '../duration.ts';
import { argvField, choiceField, section, textField, wholeNumberField, yesNoField } from '../field.ts';
import { absolutePathField } from '../path-field.ts';

/** `backups`: where archives are made, kept and tried. */
export const backupsSection = section({
  folder: absolutePathField('/opt/fdts/backups')
    .prefault('/opt/fdts/backups')
    .describe('Folder of the backup archives on the host.'),
  external: absolutePathField('/mnt/fdts-backups')
    .nullable()
    .prefault(null)
    .describe(
      'Where a second copy of each backup goes, best another disk or machine; null for no second copy. Several hosts may share it, better each in a folder of its own: what another host made is restored only when it is named, and never removed.',
    ),
  scratch: absolutePathField('/opt/fdts/.fdts-ops')
    .optional()
    .describe(
      'Folder for throwaway copies (verification, rehearsal), on a disk with room for twice the data. When left out: .fdts-ops in project.folder.',
    ),
  pace: choiceField(['gentle', 'fast'])
    .prefault('gentle')
    .describe(
      'gentle: a backup takes processor and disk only when the app does not want them. fast: it competes with the app. Debian package isal (igzip) halves its work either way.',
    ),
  rateLimit: wholeNumberField(1, 100_000)
    .nullable()
    .prefault(50)
    .describe(
      'A gentle backup reads at most so many MB (10^6 bytes) a second while it writes the archive; null for no limit. The default is less than half of what one hard disk or a small cloud volume reads in a row, so that the app finds its disk free most of the time; 100 GB take 33 minutes then. Raise it where that does not fit into a window. A fast backup has no limit.',
    ),
  maxAge: durationField({ least: '1h', most: '90d' })
    .prefault('48h')
    .describe('The newest verified backup may be this old; an older one is reported.'),
  keep: wholeNumberField(2, 1000)
    .prefault(14)
    .describe(
      'How many verified backups are kept; older ones are removed at the end of a run, with what lies beside them. Never the newest verified one, and none that a way back of a window needs. Of partial ones, which count for none of this, as many of the newest are kept.',
    ),
  keepFor: durationField({ least: '1d', most: '3650d' })
    .nullable()
    .prefault(null)
    .describe('Backups older than this are removed too, whatever their number; null for no limit by age.'),
  retainSite: yesNoField()
    .prefault(false)
    .describe(
      "Whether keep and keepFor also hold for the archives of the site's own script. false leaves them to the site.",
    ),
  retainExternal: yesNoField()
    .prefault(false)
    .describe('Whether keep and keepFor also hold for the copies on backups.external.'),
  command: section({
    hostScript: textField(
      'the name of a file in emergency.scripts, such as backup.sh',
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    )
      .nullable()
      .prefault(null)
      .describe(
        'Where the script runs on the host itself, as root: the name of a file directly in emergency.scripts, which may be some lines that call the script where it lies, if only root may change that one as well. It must leave exactly one new fdts_backup_YYYYMMDD_HHMMSS.tar.gz in backups.folder, with database.sqlite and uploads.tar.gz in it. service and argv are not used then. null: it runs in a container.',
      ),
    service: textField('the name of a service in the compose file, such as backup')
      .prefault('backup')
      .describe('Service in whose running container it is run.'),
    argv: argvField('["/app/scripts/backup.sh"]')
      .prefault(['/app/scripts/backup.sh'])
      .describe(
        'Program with its arguments. It must leave exactly one new fdts_backup_YYYYMMDD_HHMMSS.tar.gz in backups.folder.',
      ),
    timeout: durationField({ least: '1s', most: '2h' })
      .prefault('1h')
      .describe('How long it may take; then it is ended.'),
  })
    .nullable()
    .prefault(null)
    .describe(
      "The site's own backup script, used instead of fdts-ops' own backup, and verified the same way; null for fdts-ops' own.",
    ),
})
  .prefault({})
  .describe('Where backups are made, kept and tried.');
