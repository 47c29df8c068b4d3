import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { backUp, startProcedure } from '../support/window/restore-run.ts';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
});
beforeEach(() => env.host.resetFdts(), 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

const sh = async (script: string): Promise<string> =>
  (await env.host.exec(['bash', '-c', script], { check: false })).stdout.trim();

/** Everything that a copy could leave on the host. */
const leftOfCopies = (): Promise<string> =>
  sh(`docker ps -aq --filter label=com.docker.compose.project --format '{{.Names}}' | grep copy
      docker network ls --format '{{.Name}}' | grep copy; docker volume ls -q | grep copy
      find /opt/fdts/.fdts-ops/copies /var/lib/fdts-ops/copies -mindepth 1`);

const signalWorker = (signal: string) =>
  env.host.exec(['systemctl', 'kill', `--signal=${signal}`, '--kill-whom=all', 'fdts-ops-host.service']);

const copyOfApp = (): Promise<string> =>
  sh(`docker ps --format '{{.Names}}' | grep -E '^fdts-ops-copy-[0-9]{8}-[0-9]{6}-verify.app'`);

test('the app is booted from the newest good backup, apart from FDTS, also when the worker is killed meanwhile', {
  timeout: 400_000,
}, async () => {
  const { host, client } = env;
  const archive = await backUp(client);
  const before = await containersAndImages(host);
  const run = await startProcedure(client, 'backupVerification');

  await waitUntil('the app of the copy runs', async () => (await copyOfApp()) !== '', 60_000, 100);
  // It stands still while the copy is looked at: the copy would be gone within seconds.
  await signalWorker('SIGSTOP');
  const app = await copyOfApp();
  expect(await sh(`docker port ${app}`)).toBe('');
  // The same question of the live app and of its copy: what answers the one is out of reach for the other.
  const ask = (container: string) =>
    sh(
      `. /etc/fdts-ops/host.env; docker exec ${container} curl -s -m 2 -o /dev/null http://$TEMPORAL_ADDRESS; echo $?`,
    );
  const outOfTime = '28';
  expect(await ask('fdts_app_1')).not.toBe(outOfTime);
  expect(await ask(app)).toBe(outOfTime);
  const mounts = await sh(`docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' ${app}`);
  for (const source of mounts.split('\n')) expect(source).toMatch(/^\/opt\/fdts\/\.fdts-ops\/copies\//);
  await signalWorker('SIGKILL');

  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const named = new Map(end.report?.checks.map((check) => [check.name, check]));
  expect(named.get(`the app runs on backup ${archive}`)).toMatchObject({ status: 'pass' });
  expect(named.get('a user can log in')).toMatchObject({ status: 'pass' });
  expect(named.get('the rows of the backup are there once the app runs on it')?.status).toBe('pass');
  expect(await leftOfCopies()).toBe('');
  expect(await containersAndImages(host)).toEqual(before);
});

test('a backup that is whole, but on which nobody can sign in, is told with what answers it', {
  timeout: 300_000,
}, async () => {
  const { host, client } = env;
  const archive = await backUp(client);
  const [spoilt, work] = ['fdts_backup_20260101_000000.tar.gz', '/root/spoilt'];
  await sh(`mkdir ${work}; tar -xzf /opt/fdts/backups/${archive} -C ${work}
    sqlite3 ${work}/database.sqlite "UPDATE users SET password_hash = 'nobody knows'"
    tar -czf /opt/fdts/backups/${spoilt} -C ${work} database.sqlite uploads.tar.gz
    rm -r ${work} /opt/fdts/backups/${archive}* /mnt/external/${archive}*; chown 10001:10001 /opt/fdts/backups/${spoilt}`);
  await host.exec(['touch', `/opt/fdts/backups/${spoilt}`]);

  const end = await startProcedure(client, 'backupVerification', { days: 3650 }).then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  const check = end.report?.checks.find(({ name }) => name === `the app runs on backup ${spoilt}`);
  expect(check).toMatchObject({ status: 'fail', got: expect.stringMatching(/login .*answered 401/) });
  expect(check?.answer).toContain('manualBackup');
  const recent = end.report?.checks.find(({ name }) => name === 'a recent verified backup exists');
  expect(recent).toMatchObject({ status: 'fail', answer: 'fdts-ops start manualBackup' });
  expect(await leftOfCopies()).toBe('');
});
