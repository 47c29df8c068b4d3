import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { httpStatus } from '../../sandbox/http-request.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { containerOf } from '../support/window/damage.ts';
import { startProcedure } from '../support/window/restore-run.ts';

let env: TestEnvironment;

beforeEach(async () => {
  env = await environment();
  await env.host.resetFdts();
}, 120_000);
afterEach(() => env.host.resetFdts(), 120_000);

test('a port that the engine holds for nobody after a power failure is freed, and FDTS serves again', {
  timeout: 300_000,
}, async () => {
  const { host, client } = env;
  const data = await dataFingerprint(host);
  await leaveHeldPort();
  const app = await containerOf(host, 'app');
  const start = await host.exec(['docker', 'start', app], { check: false });
  expect(start.stderr).toContain('port is already allocated');

  const end = await startProcedure(client, 'applicationDown').then((run) => run.ended());
  expect(end.report?.sections.find(({ title }) => title === 'Tried')?.lines.join('\n')).toMatch(
    /^restart of the app: healthy/,
  );
  expect(await httpStatus(`${host.httpUrl}/api/health`, 2000)).toBe(200);
  expect(changedData(data, await dataFingerprint(host))).toEqual([]);
});

/** Power fails in the middle of the app's start, again and again until it is a moment that leaves such a port. */
async function leaveHeldPort(): Promise<void> {
  const { host } = env;
  const app = await containerOf(host, 'app');
  await host.exec(['docker', 'update', '--restart=no', app]);
  for (let milliseconds = 50; milliseconds < 250; milliseconds += 20) {
    await host.exec(['sh', '-c', `docker stop --time 5 ${app} && sync`]);
    const starting = host.exec(['docker', 'start', app], { check: false }).catch(() => null);
    await delay(milliseconds);
    await host.powerCut();
    await starting;
    await host.powerOn();
    const { stdout } = await host.exec(
      ['sh', '-c', `pgrep -fc 'docker-prox[y].* 3001' ; docker inspect -f '{{.State.Running}}' ${app}`],
      { check: false },
    );
    if (/^[1-9]\d*\nfalse$/.test(stdout)) return;
  }
  throw new Error('no power failure left a port that the engine holds for nobody');
}
