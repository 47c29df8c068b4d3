import type { ControlConfig } from '../control-schema.ts';
import type { Finding } from '../explain-issue.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';

/** Rules between the keys of a host's `notifications`. */
export function notificationRules(host: Partly<ParsedHost>): Finding[] {
  return [
    ...channelRules(host),
    ...webhookAddresses(['notifications', 'users', 'webhooks'], host.notifications?.users?.webhooks),
    ...usersMail(host),
  ];
}

/** Rules between the keys of the ways to operators, which the control worker has too. */
export function channelRules(config: Partly<Pick<ControlConfig, 'notifications'>>): Finding[] {
  return [
    ...mailSecret(config),
    ...webhookAddresses(['notifications', 'webhooks'], config.notifications?.webhooks),
  ];
}

function webhookAddresses(
  keys: readonly string[],
  webhooks: Partly<ControlConfig['notifications']['webhooks']> = [],
): Finding[] {
  return webhooks.flatMap((webhook, index): Finding[] => {
    const { format, url, urlFile, urlEnv, tokenFile, tokenEnv } = webhook ?? {};
    const at = [...keys, index];
    return [
      ...(count(url, urlFile, urlEnv) === 1
        ? []
        : [
            {
              keys: at,
              got: `${count(url, urlFile, urlEnv)} of them`,
              expected: 'exactly one of url, urlFile and urlEnv',
            },
          ]),
      ...(format === 'slack' && url !== undefined
        ? [
            {
              keys: [...at, 'url'],
              got: 'an address in this file',
              expected: "urlFile or urlEnv: whoever knows Slack's address may post",
            },
          ]
        : []),
      ...(count(tokenFile, tokenEnv) < 2
        ? []
        : [{ keys: at, got: 'tokenFile and tokenEnv', expected: 'at most one of them' }]),
    ];
  });
}

function usersMail({ notifications }: Partly<ParsedHost>): Finding[] {
  const { smtp, users } = notifications ?? {};
  if (smtp !== null || (users?.mail ?? []).length === 0) return [];
  return [
    {
      keys: ['notifications', 'users', 'mail'],
      got: 'addresses, and notifications.smtp is null',
      expected: 'a mail server in notifications.smtp',
    },
  ];
}

function mailSecret({ notifications }: Partly<Pick<ControlConfig, 'notifications'>>): Finding[] {
  const smtp = notifications?.smtp;
  if (smtp === null || smtp === undefined) return [];
  const given = [smtp.passwordFile, smtp.passwordEnv].filter((value) => value !== undefined).length;
  if (given === (smtp.user === undefined ? 0 : 1)) return [];
  const got = `${smtp.user === undefined ? 'no user' : 'a user'} and ${given} of passwordFile and passwordEnv`;
  return [
    { keys: ['notifications', 'smtp'], got, expected: 'user with exactly one of them, or none of the three' },
  ];
}

function count(...values: unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}
