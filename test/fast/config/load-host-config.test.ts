import { expect, test } from 'vitest';
import { ConfigError } from '../../../config/config-error.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { smallestHost, writeConfigFile } from './write-config-file.ts';

async function messageOf(text: string): Promise<string> {
  const error = await loadHostConfig(await writeConfigFile(text)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof ConfigError ? error.message : '';
}

test('a missing file says where to start from', async () => {
  const loading = loadHostConfig('/nowhere/host.yml');
  await expect(loading).rejects.toThrow(
    /got ENOENT, expected a readable YAML file\nCopy config\/host.example.yml/,
  );
});

test('an empty file names the keys that belong in it', async () => {
  const message = await messageOf('');
  expect(message).toContain('the file: got null, expected a group with the keys host, project');
});

test('a YAML mistake is shown with line and column, without quoting the file', async () => {
  const message = await messageOf('host:\n  name: a\n   password: "hunter2\n');
  expect(message).toMatch(/the file \(line \d+\): got ".+" at column \d+, expected valid YAML/);
  expect(message).not.toContain('hunter2');
});

test('the same key twice is a mistake', async () => {
  expect(await messageOf('host: {}\nhost: {}\n')).toContain('Map keys must be unique');
});

test('an unknown key is refused with the likely one', async () => {
  const message = await messageOf(`${smallestHost}project:\n  foldr: /opt/fdts\n`);
  expect(message).toContain('project.foldr (line 6): got an unknown key');
  expect(message).toContain('did you mean folder?');
});

test('a wrong type is shown with what stands there and what was expected', async () => {
  const message = await messageOf(`${smallestHost}thresholds: {diskUsedPercent: "80"}\n`);
  expect(message).toContain(
    'thresholds.diskUsedPercent (line 5): got "80", expected a whole number from 1 to 99',
  );
});

test.each([
  ['a number without unit', '48'],
  ['words', 'two days'],
  ['nothing', '0h'],
  ['more than the limit', '91d'],
])('a duration that is %s is refused', async (_, duration) => {
  const message = await messageOf(`${smallestHost}backups: {maxAge: ${duration}}\n`);
  expect(message).toContain('expected a duration such as 90s, 30m, 4h or 14d');
});

test('several problems are shown at once, in the order of the file, with what to do next', async () => {
  const message = await messageOf(`
host: {name: Prod 1, timezone: Europe/Pari}
project: {folder: opt/fdts}
data: {owner: {uid: root, gid: 1}, uploads: /opt/fdts/backups/uploads}
checks: {login: null}
surprise: 1
`);
  const lines = message.split('\n');
  expect(lines[0]).toContain('7 problems, nothing was started or changed');
  const expectedKeys = ['host.name', 'host.timezone', 'project.folder', 'data.owner.uid', 'data.uploads'];
  for (const key of [...expectedKeys, 'checks.upload', 'surprise']) {
    expect(lines.filter((line) => line.startsWith(`  ${key} (line`))).toHaveLength(1);
  }
  expect(message).toContain('did you mean Europe/Paris?');
  expect(lines.at(-1)).toBe('Correct these keys and try again; docs/configuration.md explains every key.');
});

test('the smallest file gets the values of the runbook', async () => {
  const config = await loadHostConfig(await writeConfigFile(smallestHost));
  expect(config.project.composeFiles).toEqual(['/opt/fdts/docker-compose.yml']);
  expect(config.project.envFile).toBe('/opt/fdts/.env.production');
  expect(config.backups).toMatchObject({ scratch: '/opt/fdts/.fdts-ops', maxAge: 48 * 3600, external: null });
  expect(config.maintenance).toMatchObject({ approvalTimeout: 4 * 3600, window: 2 * 3600, watch: 60 });
  expect(config.schedules.plannedMaintenance).toEqual({
    enabled: true,
    calendar: 'first-sunday',
    at: '02:00',
    notice: 86_400,
  });
  expect(config.thresholds).toMatchObject({
    diskUsedPercent: 80,
    errorsIn24h: 0,
    errorRatePercent: 10,
    errorRateFor: 300,
    memoryPercent: 90,
  });
  expect(config.notifications.file).toBe('/var/lib/fdts-ops/notifications.jsonl');
});
