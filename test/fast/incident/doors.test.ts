import { createServer as createSite } from 'node:http';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { doorCheck, linkCheck } from '../../../activities/incident/isolation-checks.ts';
import { probePorts } from '../../../activities/incident/port-probes.ts';
import { run } from '../activities/support/small-host.ts';

const { signal } = new AbortController();

/** A port of this machine that takes connections; `closed` gives one that refuses them. */
async function openPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function seen(operatorPort: number, published: number, address = '127.0.0.1', breakGlass?: string[]) {
  const { checks } = await probePorts(run(), {
    machineId: 'another machine',
    addresses: [address],
    publicUrl: null,
    ports: [{ published, target: 80, protocol: 'tcp' }],
    operatorPort,
    ...(breakGlass === undefined ? {} : { breakGlass }),
  });
  return checks.map(({ name, status, got }) => ({ name: name.replace(/, seen from .*/, ''), status, got }));
}

test("the operators' door that answers from outside is a check of its own", async () => {
  const [door, users] = [await openPort(), await closedPort()];
  expect(await seen(door, users)).toEqual([
    { name: 'closed at 127.0.0.1', status: 'pass', got: `${users} closed` },
    { name: `the operators' door, port ${door}, answers at 127.0.0.1`, status: 'pass', got: 'it does' },
  ]);
});

test('one that refuses from there is not proven, and hides nothing of the closed ports', async () => {
  const [door, users] = [await closedPort(), await closedPort()];
  expect(await seen(door, users)).toEqual([
    { name: 'closed at 127.0.0.1', status: 'pass', got: `${users} closed` },
    {
      name: `the operators' door, port ${door}, answers at 127.0.0.1`,
      status: 'not proven',
      got: 'it refuses them',
    },
  ]);
});

test('a port of users that is open has failed, whatever the door does', async () => {
  const users = await openPort();
  expect(await seen(users, users)).toMatchObject([
    { status: 'fail', got: `open: ${users}` },
    { status: 'pass' },
  ]);
});

test.each([['127.0.0.1'], ['127.0.0.0/8']])(
  'open ports prove nothing where the address that they are dialled from is let in on purpose (%s)',
  async (entry) => {
    const users = await openPort();
    expect(await seen(users, users, '127.0.0.1', ['203.0.113.0/24', entry])).toMatchObject([
      { status: 'not proven', got: expect.stringContaining(`open: ${users}, as meant`) },
      { status: 'pass' },
    ]);
    expect(await seen(users, users, '127.0.0.1', ['203.0.113.0/24'])).toMatchObject([
      { status: 'fail' },
      { status: 'pass' },
    ]);
  },
);

test('an address of this machine that is let in excuses nothing that is dialled from another one', async () => {
  const users = await openPort();
  expect(await seen(users, users, '127.0.0.1', ['::1'])).toMatchObject([
    { status: 'fail', got: `open: ${users}` },
    { status: 'pass' },
  ]);
});

/** Whether users are shut out of a site of this machine, asked at 127.0.0.1, that answers with this status. */
async function shutOut(status: number, breakGlass: string[]) {
  const site = createSite((_, answer) => answer.writeHead(status, { location: '/elsewhere' }).end());
  await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void site.close());
  const address = site.address();
  const publicUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
  const question = { machineId: 'another machine', addresses: [], ports: [], operatorPort: 22 };
  const { checks } = await probePorts(run(), { ...question, publicUrl, breakGlass });
  return checks;
}

test('a site that answers a machine that is let in on purpose proves nothing, and raises no alarm', async () => {
  expect(await shutOut(200, ['127.0.0.0/8'])).toMatchObject([
    {
      status: 'not proven',
      got: '200, as meant: 127.0.0.1 is let in (incident.breakGlass)',
      answer: 'ask from a machine that incident.breakGlass does not name',
    },
  ]);
});

test.each([[[]], [['::1']]])(
  'it has failed where the address that asks is not let in (%j)',
  async (entries) => {
    expect(await shutOut(200, entries)).toMatchObject([{ status: 'fail', got: '200' }]);
  },
);

test.each([302, 503])('an answer of %i lets nobody in, and no redirect is followed', async (status) => {
  expect(await shutOut(status, ['127.0.0.0/8'])).toMatchObject([{ status: 'pass', got: String(status) }]);
});

test('a site that nobody answers for has shut users out', async () => {
  const publicUrl = `http://127.0.0.1:${await closedPort()}/`;
  const question = { machineId: 'another machine', addresses: [], ports: [], operatorPort: 22 };
  const { checks } = await probePorts(run(), { ...question, publicUrl });
  expect(checks).toMatchObject([{ status: 'pass', got: 'no answer' }]);
});

const isolated = { since: null, ipv4: '', ipv6: '', ufw: '', words: [], gaps: [], sshPorts: [22] };

test('the host itself says only that nothing there closes the door', async () => {
  expect(await doorCheck(isolated, 22, signal)).toMatchObject({
    name: "nothing on this host closes the operators' door, port 22",
    status: 'pass',
  });
  const closed = { ...isolated, words: ['22:22/tcp'] };
  expect(await doorCheck(closed, 22, signal)).toMatchObject({ status: 'fail', got: 'a rule closes it' });
});

test.each([
  ['takes a new connection', async () => `127.0.0.1:${await openPort()}`, 'pass', /takes it$/],
  ['refuses it', async () => `127.0.0.1:${await closedPort()}`, 'fail', /refuses it$/],
  ['is not known', async () => null, 'not proven', /no address/],
  ['is no address', async () => 'a b:c', 'not proven', /no address.*\(a b:c\)/],
])("the worker's link to Temporal: the server %s", async (_, address, status, got) => {
  expect(await linkCheck(await address(), signal)).toMatchObject({
    status,
    got: expect.stringMatching(got),
  });
});

test('an address in brackets and one without a port are dialled as they are meant', async () => {
  const told = await Promise.all(['[::1]:1', 'localhost'].map((address) => linkCheck(address, signal)));
  for (const { status } of told) expect(['pass', 'fail']).toContain(status);
});
