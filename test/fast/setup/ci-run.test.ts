import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';

const folder = mkdtempSync(join(tmpdir(), 'fdts-ops-ci-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('.ci/run', () => {
  it('adds up checks and tests, and succeeds when all passed', async () => {
    expect(await ciRun({ check: '6 passed, 0 failed', test: '90 passed, 0 failed' })).toEqual({
      last: '96 passed, 0 failed',
      exitCode: 0,
    });
  });

  it('runs the tests after a failed check, and fails', async () => {
    const run = await ciRun({ check: '5 passed, 1 failed', checkCode: 1, test: '90 passed, 0 failed' });
    expect(run).toEqual({ last: '95 passed, 1 failed', exitCode: 1 });
  });

  it('counts a phase that broke before it could count as failed', async () => {
    const run = await ciRun({ check: '6 passed, 0 failed', test: 'no engine', testCode: 1 });
    expect(run).toEqual({ last: '6 passed, 1 failed', exitCode: 1 });
  });

  it('fails when a test was skipped, and shows it', async () => {
    const run = await ciRun({ check: '6 passed, 0 failed', test: '89 passed, 0 failed, 1 skipped' });
    expect(run).toEqual({ last: '95 passed, 0 failed, 1 skipped', exitCode: 1 });
  });
});

/** Runs the real script with an npm that prints these lines. */
async function ciRun(says: { check: string; checkCode?: number; test: string; testCode?: number }) {
  const npm = `#!/bin/sh
case "$*" in
  *check*) echo '${says.check}'; exit ${says.checkCode ?? 0} ;;
  *) echo '${says.test}'; echo 'a later line'; exit ${says.testCode ?? 0} ;;
esac
`;
  writeFileSync(join(folder, 'npm'), npm);
  chmodSync(join(folder, 'npm'), 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  const { stdout, exitCode } = await execa(join(checkoutRoot, '.ci', 'run'), { env, reject: false });
  return { last: stdout.split('\n').at(-1), exitCode };
}
