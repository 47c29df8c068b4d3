import { isIP } from 'node:net';
import * as z from 'zod';
import { durationField } from '../duration.ts';
import { listField, registerField, section, textField, wholeNumberField } from '../field.ts';
import { httpUrlField } from '../url-field.ts';

const PORT = /^([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])\/(tcp|udp)$/;
const SQL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ENV_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `incident`: what a security incident closes, keeps and changes. */
export const incidentSection = section({
  ports: listField(textField('a port with its protocol such as 80/tcp', PORT), 1)
    .prefault(['80/tcp', '443/tcp', '3001/tcp'])
    .describe(
      'Ports that are closed in any case; every port that a container of the project publishes is closed besides.',
    ),
  operatorPort: wholeNumberField(1, 65_535)
    .prefault(22)
    .describe('Where operators reach this host (SSH). It is never closed.'),
  breakGlass: listField(addressField(), 0)
    .prefault([])
    .describe('Addresses that are let in while everybody else is shut out.'),
  period: durationField({ least: '1m', most: '30d' })
    .prefault('1h')
    .describe('How far back audit rows and journal are kept as evidence, unless the input says otherwise.'),
  auditTable: textField('the name of a table such as audit_logs', SQL_NAME)
    .nullable()
    .prefault('audit_logs')
    .describe('Table in which the app notes what users do; null when there is none.'),
  auditTimeColumn: textField('the name of a column such as timestamp', SQL_NAME)
    .prefault('timestamp')
    .describe('Its column with the time: ISO or SQLite text in UTC, or seconds or milliseconds since 1970.'),
  secrets: listField(textField('the name of a variable such as JWT_SECRET', ENV_KEY), 0)
    .prefault(['JWT_SECRET', 'JWT_REFRESH_SECRET'])
    .describe(
      'Keys of project.envFile that get a new random value. Others that look secret are named as left to do.',
    ),
  signedInUrl: httpUrlField('http://127.0.0.1:3001/api/files')
    .nullable()
    .prefault(null)
    .describe(
      'An address of this host that answers 2xx by GET only to somebody who is signed in: it proves that a token issued before is refused. null: not proven.',
    ),
  approvalTimeout: durationField({ least: '10s', most: '90d' })
    .prefault('7d')
    .describe('How long the gate to let users in again waits. Without an answer they stay shut out.'),
})
  .prefault({})
  .describe('What a security incident closes, keeps as evidence and changes.');

function addressField() {
  const expected = 'an IPv4 or IPv6 address such as 192.0.2.7 or 2001:db8::/64';
  const schema = z.string({ error: expected }).refine(isAddress, { error: expected });
  return registerField(schema, expected);
}

function isAddress(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0 || address.includes('%')) return false;
  return (
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128))
  );
}
