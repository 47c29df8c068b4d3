import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dial } from '../../activities/adapters/machine/port-probe.ts';
import { httpRequest, httpStatus } from '../../sandbox/http-request.ts';
import { createProber } from '../../sandbox/prober.ts';
import { smokeUser } from '../../sandbox/seed/seed-database.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { waitUntilWorkerRuns } from '../../setup/install-host-worker.ts';
import type { Progress } from '../../workflows/contracts/report.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import {
  giveIpv6,
  HAS_IPV6,
  HOST_IPV6,
  isServed,
  type OutsideClient,
  outsideClient,
} from '../support/outside-client.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { approveAndKillIn, interruptSteps, watchesSteps } from '../support/window/interrupt-steps.ts';
import { startProcedure } from '../support/window/restore-run.ts';

const ENV_FILE = '/opt/fdts/.env.production';
const CONFIG = '/etc/fdts-ops/host.yml';
const SWEEP = 'for chain in DOCKER-USER FORWARD; do iptables -D $chain -j FDTS-OPS-ISOLATE; done';

let env: TestEnvironment;
let anybody: OutsideClient;
let breakGlass: OutsideClient;
const sh = async (script: string): Promise<string> =>
  (await env.host.exec(['bash', '-c', script], { check: false, timeoutMs: 60_000 })).stdout;

beforeAll(async () => {
  env = await environment();
  const { host } = env;
  await host.resetFdts();
  await giveIpv6(host);
  anybody = await outsideClient(host, `${host.name}-anybody`, 11);
  breakGlass = await outsideClient(host, `${host.name}-break-glass`, 12);
  // The operators' door, and a firewall that is in use: ufw with rules of the site's own.
  await host.writeFile('/etc/systemd/system/door.service', DOOR);
  await sh(
    'systemctl enable -q --now door; ufw allow 22/tcp; ufw allow 80/tcp; ufw allow 443/tcp; ufw --force enable',
  );
  const addresses = JSON.stringify([breakGlass.ipv4, ...(HAS_IPV6 ? [breakGlass.ipv6] : [])]);
  await sh(
    `sed -i.kept 's|^incident:|incident:\\n  breakGlass: ${addresses}|' ${CONFIG}; systemctl restart fdts-ops-host`,
  );
  await waitUntilWorkerRuns(host);
  await host.waitUntilServing();
}, 240_000);
afterAll(async () => {
  await sh(
    `/usr/lib/fdts-ops/isolation off; ufw --force reset; rm -f /etc/ufw/*.rules.20*; systemctl disable -q --now door; mv ${CONFIG}.kept ${CONFIG}; systemctl restart fdts-ops-host`,
  );
  await Promise.all([anybody.remove(), breakGlass.remove()]);
}, 60_000);

test('an incident shuts users out everywhere, survives reboot and a worker killed in every change, and ends by an approval alone', {
  timeout: 900_000,
}, async () => {
  const { host, client } = env;
  const before = await everything();
  const doors = [
    `http://${await host.address()}`,
    `https://${await host.address()}`,
    ...(HAS_IPV6 ? [`http://[${HOST_IPV6}]`, `https://[${HOST_IPV6}]`] : []),
  ].map((url) => `${url}/api/health`);
  for (const url of doors) await isServed(anybody, url);
  const oldToken = await login(host.httpUrl);
  const connection = await keptAlive(`${host.httpUrl}/api/health`);

  const untouched = await startProcedure(client, 'securityIncident', { dryRun: true });
  expect(await untouched.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await everything()).toEqual(before);

  // It isolates within a second: whoever is to see that watches before.
  const workflowId = `securityIncident-${randomUUID().slice(0, 8)}`;
  const killed = interruptSteps(host, workflowId, { signal: 'SIGKILL', which: 'each' });
  await watchesSteps(host, workflowId);
  const account = { description: 'a test', category: 'unauthorized-access' };
  const run = await startProcedure(client, 'securityIncident', account, workflowId);
  await run.reaches('isolate', ['done']);
  expect(await connection.answers(), 'a connection that was open').toBe(false);
  for (const url of doors) {
    expect(await anybody.status(url), url).toBe(0);
    expect(await breakGlass.status(url), `${url} by break glass`).toBe(200);
  }
  expect(await httpStatus(`${host.httpUrl}/api/health`, 2000), 'through the published port').toBeUndefined();
  expect(await doorIsOpen()).toBe(true);

  await run.reaches('approve-reopen', ['waiting'], 400_000);
  expect(await statusInside('/api/files', oldToken), 'a token of before').toBe(401);
  expect(await statusInside('/api/files', await loginInside()), 'a new login').toBe(200);
  const after = await everything();
  expect(withoutSecrets(after.envFile)).toBe(withoutSecrets(before.envFile));
  expect(after.envFile.match(/^JWT_(REFRESH_)?SECRET=[\w-]{86}$/gm)).toHaveLength(2);
  expect(await sh(`stat -c '%a %U' ${ENV_FILE}`)).toBe('600 root');

  await run.abort('not yet');
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'FAILED', outcome: 'contained' });
  const changes = await journalOf(host, workflowId);
  expect(changes.filter(({ attempts }) => attempts < 2).map(({ step }) => step)).toEqual([]);
  expect(changes.map(({ step }) => step)).toEqual(expect.arrayContaining(CHANGED));
  expect(await killed).toEqual(['isolate', 'take-hold', ...changes.map(({ step }) => step), 'end-of-run']);
  const { checks = [], sections = [], steps = [], stamp = '' } = end.report ?? {};
  expect(steps.find(({ id }) => id === 'isolate')?.attempts).toBeGreaterThan(1);
  expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
  const proven = new Map(checks.map(({ name, status }) => [name, status]));
  for (const name of PROVEN) expect([name, proven.get(name)]).toEqual([name, 'pass']);
  const fromHere = `${await host.address()}, seen from ${hostname()}`;
  expect(proven.get(`closed at ${fromHere}`)).toBe('pass');
  expect(proven.get(`the operators' door, port 22, answers at ${fromHere}`)).toBe('pass');
  const told = sections.flatMap(({ lines }) => lines).join('\n');
  expect(told).toContain('LEFT TO DO: MAIL_PASSWORD');
  expect(told + JSON.stringify(end.report)).not.toContain(valueIn(before.envFile, 'JWT_SECRET'));

  await evidenceIsWhole(stamp, /manifest sha256 ([0-9a-f]{64})/.exec(told)?.[1] ?? '');
  const routine = await startProcedure(client, 'manualBackup');
  expect(await routine.ended()).toMatchObject({
    outcome: 'refused',
    because: expect.stringContaining('an incident is open'),
  });

  const prober = createProber(`http://${await host.address()}/api/health`, { everyMs: 50, timeoutMs: 400 });
  prober.start();
  await host.reboot();
  await waitUntil('FDTS serves inside', async () => (await statusInside('/api/health')) === 200, 90_000);
  const { samples, outages } = await prober.stop();
  expect(samples).toBeGreaterThan(50);
  expect(outages, 'one outage, from the first probe to the last').toHaveLength(1);
  expect(outages[0]?.to.getTime()).toBeGreaterThan(Date.now() - 5000);
  expect(await anybody.status(`http://${await host.address()}/api/health`)).toBe(0);
  expect(await doorIsOpen()).toBe(true);

  await waitUntilWorkerRuns(host);
  // Somebody loads a firewall anew: until the rules are put back users can get in, and that is told.
  await sh(SWEEP);
  const stands = () => sh('/usr/lib/fdts-ops/isolation status');
  await waitUntil(
    'the rules are back',
    async () => /^iptables in force$.*^gap /ms.test(await stands()),
    60_000,
  );
  const followUp = await startProcedure(client, 'securityIncident', { action: 'reopen', watchSeconds: 2 });
  await followUp.reaches('approve-reopen', ['waiting']);
  expect(await anybody.status(`http://${await host.address()}/api/health`)).toBe(0);
  // Once more while the gate waits (what the timer starts is started at once): who approves now has not seen it.
  await sh(`${SWEEP}; systemctl start fdts-ops-isolation-keep.service`);
  await followUp.approve();
  const gate = async () => (await followUp.handle.query<Progress>('progress')).gate;
  await waitUntil('the gate asks again', async () => (await gate())?.needsPlanCode === true, 30_000);
  const plan = await gate();
  expect(plan?.question).toContain('users were shut out all the time: 2 times');
  const lastTold = () => sh('tail -n 1 /var/lib/fdts-ops/notifications.jsonl');
  await expect.poll(lastTold, { timeout: 10_000 }).toContain(plan?.question);
  expect(await anybody.status(`http://${await host.address()}/api/health`)).toBe(0);
  await approveAndKillIn(host, followUp, 'reopen', plan?.planCode);
  const reopened = await followUp.ended();
  expect(reopened).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  const failed = reopened.report?.checks.filter(({ status }) => status === 'fail') ?? [];
  expect([...new Set(failed.map(({ name, got }) => `${name}: ${got}`))]).toEqual(
    ['once', '2 times'].map((times) =>
      expect.stringMatching(
        `^users were shut out all the time: ${times}, put back within 15 s: .*iptables missing in`,
      ),
    ),
  );
  await isServed(anybody, `http://${await host.address()}/api/health`);
  expect(await sh('iptables -S; ip6tables -S; ufw status; ls /var/lib/fdts-ops-root')).not.toMatch(
    /FDTS-OPS|fdts-ops isolation|^isolation$/m,
  );
  expect(await sh('ufw status')).toMatch(/^80\/tcp +ALLOW +Anywhere/m);
  await expectHostFree(host);
});

/** What the journal has of an incident: the evidence first, and users shut out once more at the end. */
const CHANGED = ['preserve-logs', 'preserve-containers', 'seal-evidence', 'rotate-secrets', 'undo:isolate'];

/** What an incident proves on this host. */
const PROVEN = [
  'users are shut out by IPv4',
  'users are shut out by IPv6',
  'every port is closed at the next boot too',
  'in force before Docker publishes ports at a boot',
  "nothing on this host closes the operators' door, port 22",
  "the worker's link to Temporal is open",
  'ufw',
  'a token issued before the renewal is refused',
  'a new login works',
  'a file can be uploaded and downloaded',
];

/** Evidence verifies, and no longer after one bit of it has changed. */
async function evidenceIsWhole(stamp: string, manifestSha256: string): Promise<void> {
  const folder = `/var/lib/fdts-ops/evidence/${stamp}`;
  const verify = async (where: string) =>
    env.host.exec(['fdts-ops', 'evidence', 'verify', where, '--sha256', manifestSha256], { check: false });
  expect((await verify(folder)).exitCode).toBe(0);
  const names = (await sh(`cd ${folder} && find . -type f | sort`)).split('\n');
  for (const name of KEPT) expect(names).toContain(name);
  expect(await sh(`find ${folder} -perm /077`), 'private').toBe('');
  expect(await sh(`grep -c . ${folder}/audit-rows.jsonl`)).toMatch(/^[1-9]/);
  expect(await sh(`cat ${folder}/files/env-before`)).toContain('JWT_REFRESH_SECRET=');
  await sh(
    `cp -a ${folder} /root/changed && printf x | dd of=/root/changed/logs/journal.log bs=1 seek=9 conv=notrunc`,
  );
  expect(await verify('/root/changed')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('logs/journal.log: its content was changed'),
  });
  await sh('rm -rf /root/changed');
}

const KEPT = [
  './manifest.json',
  './custody.jsonl',
  './audit-rows.jsonl',
  './logs/journal.log',
  './logs/fdts_nginx_1.log',
  './logs/fdts_backup_1.log',
  './containers/fdts_app_1.inspect.json',
  './containers/fdts_app_1.diff.txt',
  './containers/fdts_app_1.tar',
  './containers/fdts_app_1.files.jsonl',
  './host/sockets.txt',
  './host/processes.txt',
  './files/uploads.jsonl',
  './files/project.jsonl',
  './files/configuration.tar',
];

async function everything() {
  return {
    containers: await containersAndImages(env.host),
    firewall: await sh('iptables -S; ip6tables -S; ufw status'),
    envFile: await env.host.readFile(ENV_FILE),
    project: await sh(
      'cd /opt/fdts && find . -path ./data -prune -o -path ./uploads -prune -o -type f -not -name .env.production -print0 | sort -z | xargs -0 sha256sum',
    ),
    evidence: await sh('ls /var/lib/fdts-ops/evidence /var/lib/fdts-ops/incident.json 2>&1'),
  };
}

const valueIn = (text: string, key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
const withoutSecrets = (text: string): string => text.replaceAll(/^(JWT_(?:REFRESH_)?SECRET)=.*$/gm, '$1=');

async function login(baseUrl: string): Promise<string> {
  const answer = await httpRequest(`${baseUrl}/api/auth/login`, {
    method: 'POST',
    body: JSON.stringify(smokeUser),
  });
  return JSON.parse(answer.body.toString()).token;
}

async function loginInside(): Promise<string> {
  const body = JSON.stringify(smokeUser);
  const { stdout } = await env.host.exec(['curl', '-sf', '-d', body, 'http://127.0.0.1:3001/api/auth/login']);
  return JSON.parse(stdout).token;
}

async function statusInside(path: string, token = ''): Promise<number> {
  const asked = [
    '-s',
    '-m',
    '3',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-H',
    `Authorization: Bearer ${token}`,
  ];
  return Number(
    (await env.host.exec(['curl', ...asked, `http://127.0.0.1${path}`], { check: false })).stdout,
  );
}

async function doorIsOpen(): Promise<boolean> {
  return (await dial(await env.host.address(), 22, 2000)) === 'open';
}

/** One connection that was used before, and is asked again. */
async function keptAlive(url: string): Promise<{ answers: () => Promise<boolean> }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (): Promise<boolean> =>
    new Promise((resolve) => {
      const call = request(url, { agent, timeout: 2000 }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve(true));
      });
      call.once('timeout', () => call.destroy(new Error('silent')));
      call.once('error', () => resolve(false));
      call.end();
    });
  expect(await ask()).toBe(true);
  return { answers: ask };
}

const DOOR = `[Unit]
Description=stands for sshd
[Service]
ExecStart=/usr/local/bin/node -e "require('net').createServer((s) => s.end()).listen(22)"
[Install]
WantedBy=multi-user.target
`;
