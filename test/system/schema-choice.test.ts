import { afterEach, beforeAll, expect, test } from 'vitest';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { startApprovedWindow, windowRun } from '../support/window/window-run.ts';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
}, 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

test('a new version that does not serve users, and has changed the schema, goes only when a person chooses so', {
  timeout: 300_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0', broken: 'not-for-users', migrates: true });
  const end = await startApprovedWindow(client).then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  const [, next = ''] = /rollbackMaintenance was started as run (\S+):/.exec(end.because) ?? [];

  const user = createFdtsClient(host.httpUrl);
  const row = await user.addAuditRow('written since', 'by a user of the new version');
  const back = windowRun(client.workflow.getHandle(next));
  await back.reaches('approve-rollback', ['waiting']);
  await back.approve();
  const choice = await back.ended();
  expect(choice).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await servedVersion(host)).toBe('1.0.0');
  expect(await user.auditDetails(row)).toBeUndefined();
  const salvage = `/opt/fdts/data/.fdts-ops-${choice.report?.stamp}/salvage.sqlite`;
  const found = await host.exec([
    'sqlite3',
    '-readonly',
    salvage,
    `SELECT details FROM audit_logs WHERE id = ${row}`,
  ]);
  expect(found.stdout).toBe('by a user of the new version');
});
