import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import {
  findSandboxHost,
  removeSandboxHost,
  type SandboxHost,
  startSandboxHost,
} from '../../sandbox/host.ts';
import { httpRequest } from '../../sandbox/http-request.ts';
import { ensureNetwork, removeNetwork } from '../../sandbox/network.ts';
import { createProber } from '../../sandbox/prober.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { createWriter } from '../../sandbox/writer.ts';

const name = `fdts-ops-test-${process.pid}`;
const project = { cwd: '/opt/fdts' };
let host: SandboxHost;

beforeAll(async () => {
  await ensureNetwork(name);
  host = await startSandboxHost({ name, network: name });
}, 900_000);

afterAll(async () => {
  await removeSandboxHost(name);
  await removeNetwork(name);
}, 60_000);

describe('a fresh host', { timeout: 60_000 }, () => {
  test('serves FDTS 1.0.0 from outside, by its port and by its address', async () => {
    expect(await createFdtsClient(host.httpUrl).health()).toEqual({
      status: 'ok',
      version: '1.0.0',
      database: 'ok',
    });
    const direct = createFdtsClient(`http://${await host.address()}`);
    expect((await direct.health()).status).toBe('ok');
  });

  test('takes a login, an upload and gives the same bytes back', async () => {
    const client = createFdtsClient(host.httpUrl);
    const { id, sha256, size } = await client.upload('report.pdf', randomBytes(50_000));
    expect(size).toBe(50_000);
    expect(await client.downloadedSha256(id)).toBe(sha256);
  });

  test('refuses a wrong password and calls without a token', async () => {
    const stranger = createFdtsClient(host.httpUrl, { username: 'smoke', password: 'guess' });
    await expect(stranger.addAuditRow('x', 'y')).rejects.toThrow(/401/);
    expect((await httpRequest(`${host.httpUrl}/api/files`)).status).toBe(401);
  });

  test('holds the seeded data, owned by the app', async () => {
    const counts =
      'SELECT (SELECT count(*) FROM users), (SELECT count(*) >= 200000 FROM audit_logs), (SELECT count(*) >= 500 FROM files)';
    const { stdout } = await host.exec(
      ['docker-compose', 'exec', '-T', 'app', 'sqlite3', '/app/data/database.sqlite', counts],
      project,
    );
    expect(stdout).toBe('10000|1|1');
    const owners = await host.exec([
      'stat',
      '-c',
      '%u %a',
      '/opt/fdts/data/database.sqlite',
      '/opt/fdts/.env.production',
      '/mnt/external',
    ]);
    expect(owners.stdout).toBe('10001 640\n0 600\n10001 750');
  });

  test('has no failed unit, and exactly one package to upgrade', async () => {
    const state = await host.exec(['systemctl', 'is-system-running', '--wait'], { check: false });
    expect(state.stdout).toBe('running');
    await host.exec(['apt-get', 'update']);
    const plan = await host.exec(['apt-get', '--simulate', 'upgrade']);
    expect(plan.stdout.match(/^Inst .*$/gm)).toEqual(['Inst fdts-sysinfo [1.0] (1.1 localhost [all])']);
  });

  test('can be found again by its name', async () => {
    const found = await findSandboxHost(name);
    expect([found.httpUrl, found.containerId]).toEqual([host.httpUrl, host.containerId]);
  });

  test('stops the app cleanly: at once, with nothing left in the -wal', async () => {
    await createFdtsClient(host.httpUrl).addAuditRow('before-stop', 'x');
    await host.exec(['docker-compose', 'stop', 'app'], project);
    const files = await host.exec(['ls', '/opt/fdts/data']);
    const state = await host.exec(['docker', 'inspect', '--format', '{{.State.ExitCode}}', 'fdts_app_1']);
    await host.exec(['docker-compose', 'start', 'app'], project);
    expect(files.stdout).toBe('database.sqlite');
    expect(state.stdout).toBe('0');
    await host.waitUntilServing();
  });
});

describe('boots', { timeout: 180_000 }, () => {
  test.each(['reboot', 'power cut'])(
    'a %s brings everything back and loses nothing acknowledged',
    async (kind) => {
      const writer = createWriter(host.httpUrl);
      const prober = createProber(`${host.httpUrl}/api/health`);
      prober.start();
      writer.start();
      await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(3);
      // Between the moment when a container is made and the one when its policy is set, this is what keeps it down.
      const made = ['docker', 'create', '--name', 'never-started', '--restart', 'always', 'fdts_app'];
      await host.exec(made);
      if (kind === 'reboot') await host.reboot();
      else {
        await host.powerCut();
        await host.powerOn();
      }
      await host.waitUntilServing();
      const state = ['docker', 'inspect', '--format', '{{.State.Status}}', 'never-started'];
      expect((await host.exec(state)).stdout).toBe('created');
      await host.exec(['docker', 'rm', 'never-started']);
      await writer.stop();
      const seen = await prober.stop();
      expect(seen.outages.length).toBeGreaterThan(0);
      expect(seen.longestOutageSeconds).toBeLessThan(60);
      const written = await writer.verify(host.httpUrl);
      expect(written).toMatchObject({ missingRows: [], missingUploads: [], wrongUploads: [] });
    },
  );
});

describe('a release', { timeout: 120_000 }, () => {
  beforeEach(() => host.resetFdts());

  test('is built and pulled for real, and nginx finds the app that was recreated alone', async () => {
    await releaseVersion(host, { version: '1.1.0' });
    const pull = await host.exec(['docker', 'pull', 'localhost:5000/fdts-nginx:stable']);
    expect(pull.stdout).toContain('Downloaded newer image');
    await host.exec(['docker-compose', 'build', '--no-cache', 'app'], project);
    await host.exec(['docker-compose', 'up', '-d', '--no-deps', 'app'], project);
    await host.waitUntilServing();
    expect((await createFdtsClient(host.httpUrl).health()).version).toBe('1.1.0');
    await host.exec(['docker-compose', 'up', '-d'], project);
    await host.waitUntilServing();
    expect((await httpRequest(`${host.httpUrl}/api/health`)).headers['x-edge-version']).toBe('1.1');
  });

  test('that is broken runs and never gets healthy', async () => {
    await releaseVersion(host, { version: '1.1.0', broken: 'never-healthy', nginxUpdate: false });
    await host.exec(['docker-compose', 'build', '--no-cache', 'app'], project);
    await host.exec(['docker-compose', 'up', '-d', '--no-deps', 'app'], project);
    await expect(host.waitUntilServing(5000)).rejects.toThrow(/answers healthy/);
    const { stdout } = await host.exec(['docker', 'inspect', '--format', '{{.State.Running}}', 'fdts_app_1']);
    expect(stdout).toBe('true');
  });

  test('and everything else is gone after a reset', async () => {
    await host.exec(['apt-get', 'update']);
    await host.exec(['apt-get', '-y', '-o', 'Dpkg::Options::=--force-confold', 'upgrade']);
    await host.exec(['docker', 'tag', 'fdts_app:latest', 'fdts_app:keep-1']);
    await host.writeFile('/mnt/external/stray', 'x');
    const { id } = await createFdtsClient(host.httpUrl).upload('x', randomBytes(10));
    await host.resetFdts();
    expect((await createFdtsClient(host.httpUrl).health()).version).toBe('1.0.0');
    expect(await createFdtsClient(host.httpUrl).downloadedSha256(id)).toBeUndefined();
    expect((await host.exec(['dpkg-query', '-W', 'fdts-sysinfo'])).stdout).toMatch(/1\.0$/);
    expect(await host.readFile('/etc/fdts-sysinfo.conf')).toContain('report_to');
    expect((await host.exec(['docker', 'images', '-q', 'fdts_app:keep-1'])).stdout).toBe('');
    expect((await host.exec(['ls', '/mnt/external'])).stdout).toBe('');
  });
});

test('backup.sh and restore.sh of the paper runbook work', { timeout: 60_000 }, async () => {
  const made = /\/app\/backups\/\S+/.exec((await inBackup('/app/scripts/backup.sh')).stdout)?.[0] ?? '';
  expect((await inBackup('tar', '-tzf', made)).stdout).toBe('database.sqlite\nuploads.tar.gz');
  await host.exec(['docker-compose', 'stop', 'app'], project);
  expect((await inBackup('/app/scripts/restore.sh', made, '--force')).stdout).toContain('Restored');
  await host.exec(['docker-compose', 'start', 'app'], project);
  await host.waitUntilServing();
});

function inBackup(...argv: string[]): ReturnType<SandboxHost['exec']> {
  return host.exec(['docker-compose', 'exec', '-T', 'backup', ...argv], project);
}
