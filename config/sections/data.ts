import { listField, section, textField, wholeNumberField, yesNoField } from '../field.ts';
import { absolutePathField } from '../path-field.ts';

/** One name, not a path; also not the folder itself or the one above it. */
const NAME = /^(?!\.{1,2}$)[^/\n]+$/;

const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `data`: what users own. */
export const dataSection = section({
  database: absolutePathField('/opt/fdts/data/database.sqlite')
    .prefault('/opt/fdts/data/database.sqlite')
    .describe(
      'The SQLite database on the host, best in a folder of its own: its -wal and -shm files live beside it, and what runs set aside; the owner of the data has to be able to write there.',
    ),
  uploads: absolutePathField('/opt/fdts/uploads')
    .prefault('/opt/fdts/uploads')
    .describe('Folder of the uploaded files on the host.'),
  uploadsExclude: listField(textField('a name directly in the uploads folder such as 2024', NAME), 0)
    .prefault([])
    .describe(
      'Names directly in the uploads folder that no backup takes and that a restore leaves where they are, such as a link to another disk that is backed up otherwise. Every backup tells them. A link that leads out of the uploads and is not named here makes a backup partial: users see what it leads to, and no backup has it.',
    ),
  owner: section({
    uid: wholeNumberField(0, 4_294_967_294).describe('User id, as shown by: stat -c %u DATABASE'),
    gid: wholeNumberField(0, 4_294_967_294).describe('Group id, as shown by: stat -c %g DATABASE'),
  }).describe(
    'Who owns the database file. It is opened as this user, because files that root leaves beside it lock the app out.',
  ),
  coreTables: listField(textField('the name of a table such as users', TABLE_NAME), 1)
    .prefault(['users', 'audit_logs', 'files'])
    .describe('Tables that must exist in every database and backup; their rows are counted and compared.'),
  allowForeignKeyViolations: yesNoField()
    .prefault(false)
    .describe(
      'Whether archives without a manifest (those of the site) or with one of an earlier version may hold rows that violate foreign keys, for an app that writes such rows: SQLite checks none unless it is asked to. Other manifests say how many the live database had; more are refused in any case.',
    ),
}).describe('What users own: the database and the uploaded files.');
