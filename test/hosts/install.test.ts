import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ForeignHost, probePassphrase, startForeignHost } from '../../sandbox/foreign/foreign-host.ts';
import { ensureNetwork } from '../../sandbox/network.ts';
import { dockerPrefix } from '../../setup/docker-objects.ts';
import { checkoutRoot } from '../../setup/instance.ts';
import { chooseTemporalExecutable } from '../../setup/temporal-executable.ts';
import { readPageCommands } from '../support/read-page-commands.ts';

const blocks = await readPageCommands(new URL('../../docs/install.md', import.meta.url));
const [placeholders, ...commands] = blocks;
const BACKUPS = '/srv/fdts-backups';
const PACKAGE = `/root/fdts-ops-${process.arch}.tar.gz`;

/** What the page's first block stands for here. */
const values: Readonly<Record<string, string>> = {
  NODE: '/usr/local/bin/node',
  PACKAGE,
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  TEMPORAL_NAMESPACE: 'default',
  // As the page has it, and not there yet.
  BACKUPS,
  PUBLIC_URL: 'http://127.0.0.1:8088/status',
};

let host: ForeignHost;

beforeAll(async () => {
  const { name } = await ensureNetwork(dockerPrefix());
  host = await startForeignHost({ name: `${dockerPrefix()}-bare`, network: name });
  const temporal = await chooseTemporalExecutable();
  for (const [path, to] of [
    [process.execPath, 'node'],
    [temporal.path, 'temporal'],
  ] as const)
    await execa('docker', ['cp', await realpath(path), `${host.name}:/usr/local/bin/${to}`]);
});

afterAll(() => host?.remove());

test('the first block of the page names what differs from place to place, and nothing else', () => {
  const names = [...(placeholders?.script ?? '').matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
  expect(names).toEqual(Object.keys(values));
});

const sections = [...new Set(commands.map(({ section }) => section))];

test.each(sections)('as written: %s', async (section) => {
  const before = await whatIsUsers();
  for (const { on, script } of commands.filter((block) => block.section === section)) {
    if (on === 'checkout') await buildAndCopy(script);
    else await typeOnHost(script);
  }
  // Nothing on the page stops FDTS or touches its data.
  expect(await whatIsUsers()).toEqual(before);
});

test('the backup that the page ends with was verified, and is still there after the uninstall', async () => {
  const { stdout } = await host.exec(['sh', '-c', `cd ${BACKUPS} && ls`]);
  const [archive = ''] = stdout.split('\n');
  expect(archive).toMatch(/^fdts_backup_\d{8}_\d{6}\.tar\.gz$/);
  const record = await host.readFile(`${BACKUPS}/${archive}.verified.json`);
  expect(JSON.parse(record)).toMatchObject({ mode: 'full', source: 'fdts-ops', uploads: { count: 60 } });
});

test('nothing of the program is left after the uninstall but what the page says', async () => {
  const places = ['/opt/fdts-ops', '/usr/local/bin/fdts-ops', '/usr/lib/fdts-ops', '/etc/sudoers.d/fdts-ops'];
  const kept = ['/etc/fdts-ops/host.yml', '/var/lib/fdts-ops/reports', '/srv/records/.fdts-ops'];
  const { stdout } = await host.exec([
    'sh',
    '-c',
    `ls -d ${[...places, ...kept].join(' ')} 2>/dev/null || true`,
  ]);
  expect(stdout.split('\n').sort()).toEqual(kept.sort());
  const units = await host.exec(['sh', '-c', 'ls -d /etc/systemd/system/fdts-ops* || true']);
  expect(units.stdout).toBe('');
});

/** What `scp` does on the page. */
async function buildAndCopy(script: string): Promise<void> {
  await execa('bash', ['-euc', script], { cwd: checkoutRoot });
  const file = join(checkoutRoot, `fdts-ops-${process.arch}.tar.gz`);
  await execa('docker', ['cp', file, `${host.name}:${PACKAGE}`]);
}

/** Runs a block in a shell of root; what the page asks to be typed in is typed in. */
async function typeOnHost(script: string): Promise<void> {
  const exports = Object.entries(values).map(([name, value]) => `export ${name}=${value}\n`);
  const argv = ['bash', '-euo', 'pipefail', '-c', `${exports.join('')}${script}`];
  const { exitCode, stdout, stderr } = await host.exec(argv, {
    cwd: '/root',
    check: false,
    input: `${probePassphrase}\n`,
  });
  if (exitCode !== 0) throw new Error(`exit code ${exitCode} of\n${script}\n${stdout}\n${stderr}`);
}

/** The containers of FDTS since their start, and its data. */
async function whatIsUsers(): Promise<string[]> {
  const look =
    'docker inspect -f "{{.Id}} {{.Image}} {{.State.StartedAt}} {{.HostConfig.RestartPolicy.Name}}" records-web records-edge; ' +
    'find /srv/records-data/db /srv/records-data/blobs -type f -exec sha256sum {} +';
  return (await host.exec(['sh', '-c', look])).stdout.split('\n').sort();
}
