import { once } from 'node:events';
import { createServer } from 'node:http';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { incidentRecord } from '../../../activities/adapters/incident-record.ts';
import { keptToken } from '../../../activities/adapters/kept-token.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { Host } from '../../../activities/host.ts';
import { secretMutations } from '../../../activities/incident/incident-secrets.ts';
import { run } from '../activities/support/small-host.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const STAMP = '20260104_020000';
const REFUSED = 'a token issued before the renewal is refused';

let folder: string;
let url: string;
/** What the app answers to somebody who is signed in with a new token. */
let answersNew: number;

beforeEach(async () => {
  folder = newFolder();
  answersNew = 200;
  const account = { description: null, category: null, reporter: null, detectedAt: null };
  const opened = { id: STAMP, isolatedAt: '2026-01-04T02:00:01Z', account, ports: [], breakGlass: [] };
  await incidentRecord(folder).open(opened);
  const app = createServer(({ headers }, answer) =>
    answer.writeHead(headers.authorization === 'new' ? answersNew : 401).end(),
  );
  await once(app.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void app.close());
  const address = app.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/api/files`;
});

/** One attempt of a run to prove it. */
async function prove(stamp = STAMP) {
  const host = {
    config: {
      state: { folder },
      incident: { signedInUrl: url, secrets: [] },
      project: { envFile: null },
      checks: { timeout: 5 },
    },
    app: { login: async () => ({ headers: () => ({ authorization: 'new' }) }) },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host the proof uses these alone
  const { proveSecrets } = secretMutations(host as unknown as Host);
  const { checks } = await proveSecrets({ ...run(stamp), effects: new Effects(false) }, {});
  const { provenAt = null } = (await incidentRecord(folder).read()) ?? {};
  const statusOf = (wanted: string) => checks.find(({ name }) => name === wanted)?.status;
  return { refused: statusOf(REFUSED), login: statusOf('a new login works'), isProven: provenAt !== null };
}

test('an attempt that is cut off once it has proven it does not unprove it: the token is gone, the next one knows', async () => {
  await keptToken(folder, STAMP).keep({ authorization: 'old' });
  expect(await prove()).toEqual({ refused: 'pass', login: 'pass', isProven: true });
  expect(await keptToken(folder, STAMP).read()).toBeNull();
  expect(await prove()).toEqual({ refused: 'pass', login: 'pass', isProven: true });
});

test('a new login that fails in a repeat is told, and unproves nothing: the old token was refused', async () => {
  await keptToken(folder, STAMP).keep({ authorization: 'old' });
  await prove();
  const proven = await incidentRecord(folder).read();
  answersNew = 503;
  expect(await prove()).toEqual({ refused: 'pass', login: 'fail', isProven: true });
  answersNew = 200;
  expect(await prove()).toEqual({ refused: 'pass', login: 'pass', isProven: true });
  expect(await incidentRecord(folder).read()).toEqual(proven);
});

test('a new login that fails the first time leaves the token: the next attempt proves it', async () => {
  await keptToken(folder, STAMP).keep({ authorization: 'old' });
  answersNew = 503;
  expect(await prove()).toEqual({ refused: 'pass', login: 'fail', isProven: false });
  answersNew = 200;
  expect(await prove()).toEqual({ refused: 'pass', login: 'pass', isProven: true });
});

test('what an earlier run of the incident has proven proves nothing of the tokens since', async () => {
  await keptToken(folder, STAMP).keep({ authorization: 'old' });
  await prove();
  expect(await prove('20260104_030000')).toEqual({ refused: 'not proven', login: 'pass', isProven: false });
});

test('without a token of before nothing is proven', async () => {
  expect(await prove()).toEqual({ refused: 'not proven', login: 'pass', isProven: false });
});
