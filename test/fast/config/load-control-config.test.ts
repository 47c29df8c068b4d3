import { expect, test } from 'vitest';
import { controlOfSingleHost } from '../../../config/control-schema.ts';
import { loadControlConfig } from '../../../config/load-control-config.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { smallestHost, writeConfigFile } from './write-config-file.ts';

test('two hosts of one name and an unknown key are both shown', async () => {
  const file = await writeConfigFile(
    'hosts:\n  - {name: a, timezone: UTC}\n  - {name: a, timezone: UTC, url: x}\n',
  );
  const loading = loadControlConfig(file);
  await expect(loading).rejects.toThrow(/hosts\[1\]\.name \(line 3\): got "a"/);
  await expect(loading).rejects.toThrow(/hosts\[1\]\.url \(line 3\): got an unknown key/);
});

test('a file without hosts says what is missing', async () => {
  await expect(loadControlConfig(await writeConfigFile('hosts: []\n'))).rejects.toThrow('one or more hosts');
});

test('a single machine needs no control file', async () => {
  const host = await loadHostConfig(await writeConfigFile(smallestHost));
  const control = controlOfSingleHost(host);
  const file = await writeConfigFile('hosts: [{name: fdts-prod, timezone: Europe/Paris}]');
  expect(await loadControlConfig(file)).toEqual(control);
});

test('channels of the control worker keep to the rules of those of a host', async () => {
  const file = await writeConfigFile(
    [
      'hosts: [{name: a, timezone: UTC, workerAwayAfter: 2s}]',
      'notifications:',
      '  smtp: {host: mail.example.org, from: a@example.org, to: [b@example.org], user: c}',
      '  webhooks: [{format: slack, url: "https://hooks.example.org/T0"}]',
      '  users: {mail: [d@example.org]}',
      '',
    ].join('\n'),
  );
  const loading = loadControlConfig(file);
  await expect(loading).rejects.toThrow(/hosts\[0\]\.workerAwayAfter \(line 1\): got "2s"/);
  await expect(loading).rejects.toThrow(/notifications\.smtp \(line 3\): got a user and 0 of/);
  await expect(loading).rejects.toThrow(/notifications\.webhooks\[0\]\.url \(line 4\)/);
  await expect(loading).rejects.toThrow(/notifications\.users \(line 5\): got an unknown key/);
});

test('a single machine tells over the channels of its host', async () => {
  const host = await loadHostConfig(
    await writeConfigFile(`${smallestHost}\nnotifications: {command: [/usr/local/bin/page-me]}\n`),
  );
  expect(controlOfSingleHost(host).notifications).toEqual({
    smtp: null,
    command: ['/usr/local/bin/page-me'],
    webhooks: [],
  });
});
