import * as z from 'zod';
import { argvField, choiceField, listField, section, textField, wholeNumberField } from '../field.ts';
import { absolutePathField } from '../path-field.ts';
import { httpUrlField } from '../url-field.ts';
import { environmentNameField } from './login.ts';

const MAIL_ADDRESS = /^[^\s@<>,]+@[^\s@<>,]+$/;

/** The ways to operators, the same for a host and for the control worker. */
const operatorChannels = {
  smtp: section({
    host: textField('the name of a mail server such as mail.example.org', /^[A-Za-z0-9.:-]+$/).describe(
      'Mail server.',
    ),
    port: wholeNumberField(1, 65_535).prefault(587).describe('Port of the mail server.'),
    security: choiceField(['starttls', 'tls', 'none'])
      .prefault('starttls')
      .describe(
        'starttls (required, not optional), tls from the first byte, or none (only for a server on this host).',
      ),
    from: mailField().describe('Sender.'),
    to: listField(mailField(), 1).describe('Recipients.'),
    user: textField('the user name of the mail account')
      .optional()
      .describe('User name, when the server wants one.'),
    passwordFile: absolutePathField('/etc/fdts-ops/smtp-password')
      .optional()
      .describe('File (mode 0600) with the password of the account.'),
    passwordEnv: environmentNameField()
      .optional()
      .describe("Name of the variable in the worker's environment with the password of the account."),
  })
    .nullable()
    .prefault(null)
    .describe('Mail; null for none.'),
  command: argvField('[/usr/local/bin/page-me, --team, ops]')
    .nullable()
    .prefault(null)
    .describe(
      'Program with arguments that gets each notification on its standard input; null for none. No shell.',
    ),
  webhooks: webhookList().describe('Receivers over HTTP, such as a chat; each gets every notification.'),
};

/** `notifications`: whom a run tells. */
export const notificationsSection = section({
  file: absolutePathField('/var/lib/fdts-ops/notifications.jsonl')
    .optional()
    .describe(
      'Every notification is appended here, one JSON object per line. When left out: notifications.jsonl in state.folder.',
    ),
  ...operatorChannels,
  users: section({
    mail: listField(mailField(), 0)
      .prefault([])
      .describe(
        'Addresses that get the announcements for users, best of one list; sent over notifications.smtp.',
      ),
    webhooks: webhookList().describe('Receivers of the announcements for users.'),
    noticeFile: absolutePathField('/var/www/fdts-notice/notice.json')
      .nullable()
      .prefault(null)
      .describe(
        'JSON file {kind, subject, text, at} with the latest announcement, for the reverse proxy to serve; null for none. Its folder must belong to the user fdts-ops.',
      ),
  })
    .prefault({})
    .describe('Where users are told of a window: its notice, its start and its end.'),
})
  .prefault({})
  .describe('Whom a run tells. A channel that fails is reported and never fails the run.');

/** `notifications` of the control worker: who is told when a host cannot tell. */
export const controlNotificationsSection = section(operatorChannels)
  .prefault({})
  .describe(
    'Who is told what a host itself cannot tell: that its worker is away in the middle of a run, and what its watch has to say. Nobody configured: only the checklist and the search attribute FdtsWaiting say so. A channel that fails never fails the run.',
  );

function webhookList() {
  const expected = 'a list of receivers, each with format and one of url, urlFile and urlEnv';
  return z
    .array(
      section({
        format: choiceField(['json', 'slack'])
          .prefault('json')
          .describe('json: every field of the notification; slack: what Slack and those like it take.'),
        url: httpUrlField('https://hooks.example.org/fdts')
          .optional()
          .describe(
            'Address of the receiver, when it is no secret. Give exactly one of url, urlFile and urlEnv.',
          ),
        urlFile: absolutePathField('/etc/fdts-ops/webhook-url')
          .optional()
          .describe("File (mode 0600) with the address, when whoever knows it may post: Slack's are such."),
        urlEnv: environmentNameField()
          .optional()
          .describe("Name of the variable in the worker's environment with the address."),
        tokenFile: absolutePathField('/etc/fdts-ops/webhook-token')
          .optional()
          .describe('File (mode 0600) with a token that is sent as "Authorization: Bearer ...".'),
        tokenEnv: environmentNameField()
          .optional()
          .describe("Name of the variable in the worker's environment with that token."),
      }),
      { error: expected },
    )
    .prefault([]);
}

function mailField() {
  return textField('a mail address such as ops@example.org', MAIL_ADDRESS);
}
