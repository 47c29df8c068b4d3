import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FigureStore, type FiguresOfRun } from '../../../activities/adapters/figure-store.ts';
import { compareFigures, compareWithBefore } from '../../../activities/figures/compare-figures.ts';
import type { Figure } from '../../../workflows/contracts/figures.ts';

const rule = { worseFactor: 2, noiseMilliseconds: 20, growthPercent: 50 };
const time = (value: number): Figure => ({ name: 'p95 of the app', value, unit: 'ms' });
const size = (value: number): Figure => ({ name: 'size', value, unit: 'bytes' });
const runs = (...figures: Figure[]): FiguresOfRun[] =>
  figures.map((figure, index) => ({ stamp: `2026010${9 - index}_000000`, figures: [figure] }));

test.each([
  ['more than twice the median', time(101), runs(time(50), time(50), time(400)), 'fail'],
  ['twice the median', time(100), runs(time(50), time(50), time(50)), 'pass'],
  ['many times as long, but a few milliseconds', time(21), runs(time(1), time(1)), 'pass'],
  ['slow as ever', time(5000), runs(time(5000)), 'pass'],
  ['grown by more than half since the last run', size(151), runs(size(100), size(900)), 'fail'],
  ['grown by half', size(150), runs(size(100)), 'pass'],
  ['smaller', size(10), runs(size(100)), 'pass'],
  ['never measured before', time(9000), runs(size(1)), 'pass'],
])('a figure that is %s', (_, figure, before, status) => {
  expect(compareFigures([figure], before, rule).check.status).toBe(status);
});

test('the first run is compared with nothing, and says so', () => {
  const { check, lines } = compareFigures([time(12)], [], rule);
  expect(check).toMatchObject({ status: 'skipped', got: 'this is the first run on this host' });
  expect(lines).toEqual(['p95 of the app: 12 ms']);
});

test('a worse figure is told with what it was', () => {
  const { check } = compareFigures([time(300), size(500)], runs(time(50)), rule);
  expect(check.got).toBe('p95 of the app 300 ms (50 ms before)');
});

const p50 = (value: number, way = 'of the app'): Figure => ({ name: `p50 ${way}`, value, unit: 'ms' });
const p95 = (value: number): Figure => ({ name: 'p95 of the app', value, unit: 'ms' });

describe('response times before and after a change', () => {
  test.each([
    ['as before', [p50(51)], [p50(50)], 'pass', '51 ms (50 ms before)'],
    ['more than twice the median', [p50(101)], [p50(50)], 'fail', '101 ms (50 ms before)'],
    ['many times as long, but a few milliseconds', [p50(15)], [p50(1)], 'pass', '15 ms (1.0 ms before)'],
    ['one slow request of few', [p50(5), p95(900)], [p50(5), p95(9)], 'pass', '5.0 ms (5.0 ms before)'],
    ['answered no more', [], [p50(50)], 'fail', 'no answer'],
    ['not measured before', [p50(5)], [], 'not proven', 'it was not measured before'],
  ] as const)('%s', (_, after, before, status, got) => {
    const { check } = compareWithBefore(after, before, rule);
    expect(check).toMatchObject({ status, got: expect.stringContaining(got) });
  });

  test('one way that got slower is enough, and both are told', () => {
    const after = [p50(3), p50(300, 'through the proxy')];
    const { check } = compareWithBefore(after, [p50(3), p50(30, 'through the proxy')], rule);
    expect(check).toMatchObject({
      status: 'fail',
      got: 'p50 of the app: 3.0 ms (3.0 ms before); p50 through the proxy: 300 ms (30 ms before)',
    });
  });
});

async function store(): Promise<{ folder: string; kept: FigureStore }> {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-figures-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return { folder, kept: new FigureStore(folder) };
}

test('a run that is tried again is not compared with itself', async () => {
  const { kept } = await store();
  await kept.write('daily', { stamp: '20260101_000000', figures: [time(1)] });
  await kept.write('daily', { stamp: '20260102_000000', figures: [time(2)] });
  expect(await kept.before('daily', '20260102_000000', 10)).toEqual([
    { stamp: '20260101_000000', figures: [time(1)] },
  ]);
  expect(await kept.before('hourly', '20260102_000000', 10)).toEqual([]);
});

test('a file that a power cut left half is left out, and the oldest are removed', async () => {
  const { folder, kept } = await store();
  await mkdir(join(folder, 'daily'));
  const old = Array.from({ length: 1001 }, (_, index) => `20250101_${String(index).padStart(6, '0')}.json`);
  await Promise.all(old.map((name) => writeFile(join(folder, 'daily', name), '{"stamp":"x","fig')));
  await kept.write('daily', { stamp: '20260101_000000', figures: [time(1)] });
  expect(await kept.before('daily', '20260102_000000', 10)).toHaveLength(1);
  const left = await readdir(join(folder, 'daily'));
  expect(left).toHaveLength(1000);
  expect(left).not.toContain(old[0]);
});
