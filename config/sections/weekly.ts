import { durationField } from '../duration.ts';
import { argvField, listField, section, textField, wholeNumberField } from '../field.ts';

const LOGROTATE_FILE = /^\/etc\/logrotate\.d\/[A-Za-z0-9][A-Za-z0-9._-]*$/;
const VERSION = /^3\.\d+\.\d+$/;

/** `weekly`: the weekly maintenance. */
export const weeklySection = section({
  unusedFor: durationField({ least: '1s', most: '365d' })
    .prefault('7d')
    .describe(
      'What Docker has and nothing uses is removed once it is this old: images without a name, containers that have stopped, networks, unnamed volumes. Never what belongs to a compose project other than this one.',
    ),
  longestLock: wholeNumberField(10, 60_000)
    .prefault(250)
    .describe(
      'For how many milliseconds writers may wait while the database is tidied with the app live, as measured on a copy. What takes longer is done in a short stop.',
    ),
  gainPercent: wholeNumberField(0, 90)
    .prefault(5)
    .describe('A VACUUM that gives back less of the database than this is not made; ANALYZE is.'),
  appSqlite: textField('a version of SQLite such as 3.51.3', VERSION)
    .nullable()
    .prefault(null)
    .describe(
      'Version of the SQLite that the app has, for when the file cannot tell. null: what the file says. Below 3.51.3 nothing is written to the database while the app has it open.',
    ),
  logrotate: listField(
    textField('a file such as /etc/logrotate.d/fdts, directly in /etc/logrotate.d', LOGROTATE_FILE),
    0,
  )
    .prefault(['/etc/logrotate.d/fdts'])
    .describe('Files whose logs are rotated. One that the host does not have is said, and skipped.'),
  scan: section({
    program: argvField('[trivy]')
      .prefault(['trivy'])
      .describe(
        'The image scanner, with what goes before its subcommand "image". Used when it is installed.',
      ),
    image: textField('the name of an image such as aquasec/trivy:0.58.0')
      .nullable()
      .prefault(null)
      .describe(
        "Image of the scanner, used when the program is not installed; it gets Docker's socket, and with it the host. null: images are then not scanned.",
      ),
  })
    .prefault({})
    .describe('The scan of the images for known vulnerabilities.'),
})
  .prefault({})
  .describe('The weekly maintenance: clean-up, database, logs, scan.');
