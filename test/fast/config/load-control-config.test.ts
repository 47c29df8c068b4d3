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
