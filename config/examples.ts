const operatorChannels: Readonly<Record<string, unknown>> = {
  'notifications.smtp.host': 'mail.example.org',
  'notifications.smtp.from': 'fdts-ops@example.org',
  'notifications.smtp.to': ['ops@example.org'],
  'notifications.smtp.user': 'fdts-ops',
  'notifications.smtp.passwordFile': '/etc/fdts-ops/smtp-password',
  'notifications.smtp.passwordEnv': 'FDTS_SMTP_PASSWORD',
  'notifications.webhooks[].url': 'https://hooks.example.org/fdts',
  'notifications.webhooks[].urlFile': '/etc/fdts-ops/webhook-url',
  'notifications.webhooks[].urlEnv': 'FDTS_WEBHOOK_URL',
  'notifications.webhooks[].tokenFile': '/etc/fdts-ops/webhook-token',
  'notifications.webhooks[].tokenEnv': 'FDTS_WEBHOOK_TOKEN',
};

/** Values of the example files for keys that have no default, by path. */
export const hostExamples: Readonly<Record<string, unknown>> = {
  'host.name': 'fdts-prod',
  'host.timezone': 'Europe/Paris',
  'data.owner.uid': 10001,
  'data.owner.gid': 10001,
  'backups.scratch': '/opt/fdts/.fdts-ops',
  'bundle.passphraseFile': '/etc/fdts-ops/bundle-passphrase',
  'bundle.passphraseEnv': 'FDTS_BUNDLE_PASSPHRASE',
  'checks.login.url': 'http://127.0.0.1:3001/api/auth/login',
  'checks.login.body': { username: 'smoke', password: '{password}' },
  'checks.login.passwordFile': '/etc/fdts-ops/smoke-password',
  'checks.login.passwordEnv': 'FDTS_SMOKE_PASSWORD',
  'checks.upload.url': 'http://127.0.0.1:3001/api/files',
  'checks.upload.downloadUrl': 'http://127.0.0.1:3001/api/files/{id}',
  'checks.upload.deleteUrl': 'http://127.0.0.1:3001/api/files/{id}',
  'notifications.file': '/var/lib/fdts-ops/notifications.jsonl',
  ...operatorChannels,
  'notifications.users.webhooks[].url': 'https://hooks.example.org/fdts',
  'notifications.users.webhooks[].urlFile': '/etc/fdts-ops/webhook-url',
  'notifications.users.webhooks[].urlEnv': 'FDTS_WEBHOOK_URL',
  'notifications.users.webhooks[].tokenFile': '/etc/fdts-ops/webhook-token',
  'notifications.users.webhooks[].tokenEnv': 'FDTS_WEBHOOK_TOKEN',
  'alerts.tokenFile': '/etc/fdts-ops/alerts-token',
  'alerts.answers[].alert': 'FdtsDown',
  'alerts.answers[].procedure': 'applicationDown',
};

/** As {@link hostExamples}, for the file of the control worker. */
export const controlExamples: Readonly<Record<string, unknown>> = {
  ...operatorChannels,
  'hosts[].name': 'fdts-prod',
  'hosts[].timezone': 'Europe/Paris',
  'alerts.tokenFile': '/etc/fdts-ops/alerts-token',
  'alerts.answers[].alert': 'FdtsDown',
  'alerts.answers[].procedure': 'applicationDown',
};

/** Optional keys that an example file sets, because one of several must be. */
export const chosenOptionalKeys: readonly string[] = ['checks.login.passwordFile'];
