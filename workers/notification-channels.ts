import { readFile } from 'node:fs/promises';
import { commandChannel } from '../activities/adapters/notify/command-channel.ts';
import { mailChannel } from '../activities/adapters/notify/mail-channel.ts';
import { noticeFileChannel } from '../activities/adapters/notify/notice-file-channel.ts';
import type { Audience, Channel } from '../activities/adapters/notify/notification.ts';
import { webhookChannel } from '../activities/adapters/notify/webhook-channel.ts';
import type { ControlConfig } from '../config/control-schema.ts';
import type { HostConfig } from '../config/host-schema.ts';
import { createMailSender } from './mail-sender.ts';

type Notifications = HostConfig['notifications'];
type OperatorChannels = ControlConfig['notifications'];
type WebhookConfig = Notifications['webhooks'][number];

/** The ways to operators and to users that a host's configuration names. */
export function notificationChannels(notifications: Notifications): readonly Channel[] {
  const { smtp, users } = notifications;
  return [
    ...operatorChannels(notifications),
    ...(smtp === null || users.mail.length === 0
      ? []
      : [mailChannel('mail to users', 'users', createMailSender(smtp, users.mail))]),
    ...webhookChannels('webhook to users', 'users', users.webhooks),
    ...(users.noticeFile === null ? [] : [noticeFileChannel('notice file', users.noticeFile)]),
  ];
}

/** The ways to operators: of a host, and of the control worker. */
export function operatorChannels({ command, smtp, webhooks }: OperatorChannels): readonly Channel[] {
  const [program, ...rest] = command ?? [];
  return [
    ...(program === undefined ? [] : [commandChannel('command', [program, ...rest])]),
    ...(smtp === null ? [] : [mailChannel('mail', 'operators', createMailSender(smtp, smtp.to))]),
    ...webhookChannels('webhook', 'operators', webhooks),
  ];
}

function webhookChannels(name: string, audience: Audience, webhooks: readonly WebhookConfig[]): Channel[] {
  return webhooks.map((webhook, index) =>
    webhookChannel(`${name} ${index + 1}`, audience, {
      format: webhook.format,
      url: async () => webhook.url ?? (await secret(webhook.urlFile, webhook.urlEnv)),
      token: async () =>
        webhook.tokenFile === undefined && webhook.tokenEnv === undefined
          ? null
          : secret(webhook.tokenFile, webhook.tokenEnv),
    }),
  );
}

async function secret(file: string | undefined, variable: string | undefined): Promise<string> {
  if (file !== undefined) return (await readFile(file, 'utf8')).trim();
  return process.env[variable ?? ''] ?? '';
}
