import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBenchOptions } from '../../../bench/bench-options.ts';
import { benchmarksPage } from '../../../bench/figures/benchmarks-page.ts';
import { judgeRow } from '../../../bench/figures/judge-row.ts';
import { type PartResult, partNames, type Row } from '../../../bench/figures/part-result.ts';
import { spreadOf } from '../../../bench/figures/statistics.ts';
import { checkoutRoot } from '../../../setup/instance.ts';

const row: Row = { measure: 'Downtime', unit: 's', other: [40, 44, 90], ours: [11, 5, 6] };

function result(part: PartResult['part'], rows: Row[] = [row]): PartResult {
  return {
    part,
    title: `Part ${part}`,
    about: ['Both ways on the same host.'],
    otherWay: 'Paper runbook',
    rows,
    notes: ['A remark.'],
    measuredAt: '2026-01-04T02:00:00Z',
    seconds: 12.3,
    loadAverage: 0.4,
    commit: 'abc1234',
    machine: [{ what: 'Processor', is: 'made up, 2 cores' }],
  };
}

function pageOf(results: PartResult[]): string {
  const made = benchmarksPage(results);
  return 'page' in made ? made.page : `missing ${made.missing.join(' ')}`;
}

const all = (rows?: Row[]) => partNames.map((name) => result(name, rows));

describe('figures', () => {
  it('have a median, between two of them when they are even in number, and their ends', () => {
    expect(spreadOf([9, 1, 4])).toEqual({ median: 4, least: 1, most: 9, count: 3 });
    expect(spreadOf([4, 1])).toEqual({ median: 2.5, least: 1, most: 4, count: 2 });
    expect(spreadOf([])).toBeUndefined();
  });

  it('are judged by the ratio of medians, whatever the least ones say', () => {
    expect(judgeRow({ ...row, target: { atMostOnePart: 8 } })).toEqual({
      ratio: 44 / 6,
      leastRatio: 8,
      isMet: false,
    });
    expect(judgeRow({ ...row, target: { atMostOnePart: 7 } }).isMet).toBe(true);
  });

  it('keep a limit only when every one of them does', () => {
    expect(judgeRow({ ...row, target: { below: 11 } }).isMet).toBe(false);
    expect(judgeRow({ ...row, target: { below: 11.1 } }).isMet).toBe(true);
  });

  it('are not judged without a target or without figures', () => {
    expect(judgeRow(row).isMet).toBeUndefined();
    expect(judgeRow({ ...row, ours: [], target: { below: 5 } }).isMet).toBeUndefined();
    expect(judgeRow({ ...row, other: [], target: { atMostOnePart: 2 } }).isMet).toBeUndefined();
  });
});

describe('the page', () => {
  it('shows each measure with spread, number, ratio and target', () => {
    const page = pageOf(all([{ ...row, target: { atMostOnePart: 7 } }]));
    expect(page).toContain(
      '| Downtime (s) | 44.0 (40.0–90.0, n = 3) | 6.00 (5.00–11.0, n = 3) | 1/7.33 (1/8.00) | at most 1/7, measured 1/7.33: met |',
    );
    expect(page).toContain('All 6 targets were met.');
    expect(page).toContain(
      'Measured 2026-01-04T02:00:00Z at commit abc1234, in 12 s; load average before it 0.4.',
    );
    expect(page).toContain('- Processor: made up, 2 cores');
  });

  it('says a missed target at its top and in its row', () => {
    const missed = [{ ...row, target: { atMostOnePart: 50 } }];
    const page = pageOf([result('window', missed), ...all().slice(1)]);
    expect(page).toContain('Of 1 targets 1 were **missed**: Part window, Downtime.');
    expect(page).toContain('at most 1/50, measured 1/7.33: missed');
  });

  it('says of a way that was stopped that it did not end', () => {
    const page = pageOf(all([{ ...row, other: [], otherStoppedAfter: 30, target: { below: 5 } }]));
    expect(page).toContain('| not done: stopped after 30.0 s |');
    expect(page).toContain('below 5.00 s: missed');
  });

  it('says of a way that is slower than the runbook how many times', () => {
    expect(pageOf(all([{ ...row, other: [2], ours: [5] }]))).toContain('| 2.50 times (2.50 times) |');
  });

  it('is not made while a part has no figures', () => {
    expect(pageOf(all().filter(({ part }) => part !== 'memory'))).toBe('missing memory');
  });
});

describe('npm run bench', () => {
  it('runs all parts, or those that are named', () => {
    expect(readBenchOptions([])).toEqual({ names: partNames, times: undefined });
    expect(readBenchOptions(['verify', '--times', '5'])).toEqual({ names: ['verify'], times: 5 });
  });

  it.each([[['widnow']], [['--times', '0']], [['--times', 'many']], [['--fast']]])('refuses %j', (args) => {
    expect(() => readBenchOptions(args)).toThrow(/expected: any of window, backup[^]*next:/);
  });
});

it('every script of the paper way names its corrections before its first command', () => {
  const folder = join(checkoutRoot, 'bench', 'paper');
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.sh'));
  expect(scripts.length).toBeGreaterThan(1);
  for (const name of scripts) {
    const head = readFileSync(join(folder, name), 'utf8').split('\nset -e')[0] ?? '';
    expect(head, name).toMatch(/^# Corrections/m);
  }
});
