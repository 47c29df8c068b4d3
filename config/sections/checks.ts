import { durationField } from '../duration.ts';
import { choiceField, section, textField } from '../field.ts';
import { httpUrlField } from '../url-field.ts';
import { loginSection } from './login.ts';

/** `checks`: how it is proved that the app works. */
export const checksSection = section({
  healthUrl: httpUrlField('http://127.0.0.1:3001/api/health')
    .prefault('http://127.0.0.1:3001/api/health')
    .describe(
      'Answers 200 when the app is healthy. An address of this host that works while users are shut out.',
    ),
  versionField: fieldPath('version')
    .nullable()
    .prefault('version')
    .describe("Where the health answer's JSON carries the app's version; null when it does not."),
  proxyUrl: httpUrlField('http://127.0.0.1/api/health')
    .prefault('http://127.0.0.1/api/health')
    .describe('The health address through the reverse proxy: proves that users can come in again.'),
  login: loginSection
    .nullable()
    .describe('How a test user logs in. null leaves the check out, and reports say so.'),
  upload: section({
    url: httpUrlField('http://127.0.0.1:3001/api/files').describe('Takes a file as multipart/form-data.'),
    method: choiceField(['POST', 'PUT']).prefault('POST').describe('Method of the upload.'),
    field: textField('the name of a form field such as file')
      .prefault('file')
      .describe('Form field that carries the file.'),
    idField: fieldPath('id')
      .prefault('id')
      .describe("Where the answer's JSON carries the id of the new file."),
    downloadUrl: httpUrlField('http://127.0.0.1:3001/api/files/{id}', '{id}').describe(
      'Where the file is downloaded again by GET; {id} stands for its id.',
    ),
    deleteUrl: httpUrlField('http://127.0.0.1:3001/api/files/{id}', '{id}')
      .nullable()
      .prefault(null)
      .describe('Where the file is removed; null leaves one small file behind per run.'),
    deleteMethod: choiceField(['DELETE', 'POST']).prefault('DELETE').describe('Method of the removal.'),
  })
    .nullable()
    .describe('How a test file is uploaded. null leaves the check out, and reports say so.'),
  timeout: durationField({ least: '1s', most: '5m' })
    .prefault('10s')
    .describe('Longest wait for one answer.'),
}).describe('How it is proved that the app works: health, login, upload and download.');

function fieldPath(example: string) {
  return textField(
    `a field name such as ${example}, or several with dots such as data.${example}`,
    /^[^\s.]+(\.[^\s.]+)*$/,
  );
}
