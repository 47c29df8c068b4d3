import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';
import { countsIn, sumLine } from '../../../setup/test-counts.ts';
import { SECOND_LANE, systemLanes } from '../../../setup/test-lanes.ts';

describe('the lanes of the system tests', () => {
  it('have every file once', () => {
    const all = systemLanes().flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(25);
  });

  it.each([...SECOND_LANE])('name no file that is gone: %s', (name) => {
    expect(existsSync(join(checkoutRoot, 'test', 'system', `${name}.test.ts`))).toBe(true);
  });
});

describe('the counts of several runs', () => {
  it('are those of their last lines, in one line', () => {
    const runs = ['1 passed, 1 failed\nmore\n10 passed, 0 failed\n', '5 passed, 2 failed, 1 skipped'].map(
      countsIn,
    );
    expect(sumLine(runs)).toBe('15 passed, 2 failed, 1 skipped');
    expect(sumLine(runs.slice(0, 1))).toBe('10 passed, 0 failed');
  });

  it('have a failure for a run that ended without any', () => {
    expect(sumLine([countsIn('10 passed, 0 failed'), countsIn('killed')])).toBe('10 passed, 1 failed');
  });
});
