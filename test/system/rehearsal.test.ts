import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { setRehearsal } from '../../setup/set-rehearsal.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { containersAndImages, expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { startWindow } from '../support/window/window-run.ts';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
  await setRehearsal(env.host, true);
}, 120_000);
afterAll(() => setRehearsal(env.host, false), 60_000);
beforeEach(() => env.host.resetFdts(), 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

const left = async (): Promise<string> =>
  (
    await env.host.exec(
      ['bash', '-c', 'docker ps -aq --filter name=rehearsal; ls /opt/fdts/.fdts-ops/copies'],
      { check: false },
    )
  ).stdout.trim();

test('a version that never becomes healthy is refused before anybody is asked, and FDTS is not touched', {
  timeout: 600_000,
}, async () => {
  const { host, client } = env;
  const before = await containersAndImages(host);
  const data = await dataFingerprint(host);
  await releaseVersion(host, { version: '1.1.0', broken: 'never-healthy' });
  const end = await startWindow(client).then((run) => run.ended());
  expect(end).toMatchObject({ status: 'FAILED', outcome: 'refused' });
  expect(end.because).toMatch(/the rehearsal failed, FDTS was not touched: Try the new version on the copy/);
  expect(end.report?.decisions).toEqual([]);
  expect(await containersAndImages(host)).toEqual(before);
  expect(changedData(data, await dataFingerprint(host))).toEqual([]);
  expect(await left()).toBe('');
});

test('a good one is tried with its way back; what that took is in the plan', {
  timeout: 600_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const run = await startWindow(client);
  await run.reaches('approve-plan', ['waiting']);
  expect(await left()).toBe('');
  expect(await servedVersion(host)).toBe('1.0.0');
  await run.approve();
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const sections = new Map(end.report?.sections.map(({ title, lines }) => [title, lines.join('\n')]));
  expect(sections.get('Plan')).toMatch(/the start took .* in the rehearsal/);
  expect(sections.get('Rehearsal')).toMatch(/healthy after [\d.]+ s, the old one again after [\d.]+ s/);
  const checks = end.report?.checks.map(({ name }) => name) ?? [];
  expect(checks).toEqual(expect.arrayContaining([expect.stringMatching(/^new version on a copy: /)]));
  expect(checks).toEqual(expect.arrayContaining([expect.stringMatching(/^way back on a copy: /)]));
  expect(await servedVersion(host)).toBe('1.1.0');
  await expectBundleBeside(sections.get('Backup') ?? '', end.report?.stamp ?? '');
});

/** The archive that the window ends with has another name than the rehearsal's, which has that of the run. */
async function expectBundleBeside(told: string, stamp: string): Promise<void> {
  const archive = /fdts_backup_(\d{8}_\d{6})\.tar\.gz/.exec(told)?.[1] ?? '';
  expect(archive).not.toBe(stamp);
  for (const folder of ['/opt/fdts/backups', '/mnt/external']) {
    const { stdout } = await env.host.exec(['ls', folder]);
    const names = stdout.split('\n');
    expect(names).toContain(`fdts_backup_${archive}.tar.gz`);
    const bundles = names.filter((name) => name.includes(archive) && name.startsWith('fdts_config'));
    expect(bundles).toEqual([
      `fdts_config_${archive}.tar.age`,
      `fdts_config_${archive}.tar.age.manifest.json`,
    ]);
    // The backup of the rehearsal has its own.
    expect(names).toContain(`fdts_config_${stamp}.tar.age`);
  }
}
