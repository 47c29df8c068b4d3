import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';

const folder = mkdtempSync(join(tmpdir(), 'fdts-ops-ci-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('.ci/run', () => {
  it('adds up checks, tests and the demo, and succeeds when all passed', async () => {
    expect(await ciRun({ check: '6 passed, 0 failed', test: '90 passed, 0 failed' })).toEqual({
      last: '97 passed, 0 failed',
      ending: [],
      exitCode: 0,
    });
  });

  it('fails when the demo does not end as it says', async () => {
    const run = await ciRun({ check: '6 passed, 0 failed', test: '90 passed, 0 failed', fails: 'demo' });
    expect(run).toMatchObject({ last: '96 passed, 1 failed', exitCode: 1 });
  });

  it('runs the tests after a failed check, and fails', async () => {
    const run = await ciRun({ check: '5 passed, 1 failed', checkCode: 1, test: '90 passed, 0 failed' });
    expect(run).toMatchObject({ last: '96 passed, 1 failed', exitCode: 1 });
  });

  it('says at its end once more what failed', async () => {
    const test = 'FAILED a.test.ts > x: expected 1\nFAILED b.test.ts > y: expected 2\n3 passed, 2 failed';
    const run = await ciRun({ check: '6 passed, 0 failed', test, testCode: 1, fails: '--break app' });
    expect(run.last).toBe('9 passed, 3 failed');
    expect(run.ending).toEqual([
      'FAILED a.test.ts > x: expected 1',
      'FAILED b.test.ts > y: expected 2',
      'FAILED demo that breaks: exit code 1',
    ]);
  });

  it('counts a phase that broke before it could count as failed', async () => {
    const run = await ciRun({ check: '6 passed, 0 failed', test: 'no engine', testCode: 1 });
    expect(run).toMatchObject({ last: '7 passed, 1 failed', exitCode: 1 });
  });

  it('fails when a test was skipped, and shows it', async () => {
    const run = await ciRun({ check: '6 passed, 0 failed', test: '89 passed, 0 failed, 1 skipped' });
    expect(run).toMatchObject({ last: '96 passed, 0 failed, 1 skipped', exitCode: 1 });
  });
});

interface Says {
  readonly check: string;
  readonly checkCode?: number;
  readonly test: string;
  readonly testCode?: number;
  /** The demo whose arguments hold this fails. */
  readonly fails?: string;
}

/** Runs the real script with an npm that prints these lines. */
async function ciRun(says: Says) {
  const npm = `#!/bin/sh
case "$*" in
  *"${says.fails ?? 'nothing'}"*) exit 1 ;;
  *demo*) echo 'As expected.'; exit 0 ;;
  *check*) echo '${says.check}'; exit ${says.checkCode ?? 0} ;;
  *) echo '${says.test}'; echo 'a later line'; exit ${says.testCode ?? 0} ;;
esac
`;
  writeFileSync(join(folder, 'npm'), npm);
  chmodSync(join(folder, 'npm'), 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  const { stdout, exitCode } = await execa(join(checkoutRoot, '.ci', 'run'), { env, reject: false });
  const lines = stdout.split('\n');
  const lastPhase = lines.findLastIndex((line) => line.startsWith('== '));
  return { last: lines.at(-1), ending: lines.slice(lastPhase + 1, -1), exitCode };
}
