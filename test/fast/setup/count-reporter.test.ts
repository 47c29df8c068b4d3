import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';

// Below the checkout, so that the files find vitest; ignored by git.
const output = join(checkoutRoot, 'test-output');
mkdirSync(output, { recursive: true });
const folder = mkdtempSync(join(output, 'counts-'));
// Else the checkout's own configuration is found.
writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {}');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the end of a test run', () => {
  it('says that a run without any test failed', async () => {
    expect(await lastLine()).toBe('0 passed, 1 failed');
  });

  it('counts tests that passed, failed and were skipped, and files that could not be read', async () => {
    const tests = "it('a', () => {}); it('b', () => { throw new Error('no'); }); it.skip('c', () => {});";
    writeFileSync(join(folder, 'some.test.ts'), `import { it } from 'vitest'; ${tests}`);
    expect(await lastLine()).toBe('1 passed, 1 failed, 1 skipped');
    writeFileSync(join(folder, 'broken.test.ts'), "throw new Error('at load');");
    expect(await lastLine()).toBe('1 passed, 2 failed, 1 skipped');
    expect((await lines()).slice(-3, -1).toSorted()).toEqual([
      'FAILED broken.test.ts: at load',
      'FAILED some.test.ts > b: no',
    ]);
  });
});

async function lastLine(): Promise<string | undefined> {
  return (await lines()).at(-1);
}

async function lines(): Promise<string[]> {
  const vitest = join(checkoutRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const reporter = join(checkoutRoot, 'test', 'support', 'count-reporter.ts');
  const args = [vitest, 'run', '--root', folder, '--reporter=default', `--reporter=${reporter}`];
  const { stdout } = await execa(process.execPath, args, { reject: false, cwd: folder });
  return stdout.trim().split('\n');
}
