import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseExpired,
  type RetainedBackup,
  type RetentionRule,
} from '../../../activities/backups/choose-expired.ts';

const NOW = Date.parse('2026-06-01T02:00:00Z');
const DAY = 86_400;

// Some lie in the future: a clock that went back must not cost a backup.
const backups: fc.Arbitrary<RetainedBackup[]> = fc.uniqueArray(
  fc
    .record({
      archive: fc.integer({ min: 0, max: 999 }).map((number) => `/backups/${number}`),
      source: fc.constantFrom('fdts-ops' as const, 'site' as const),
      createdAt: fc
        .integer({ min: -90, max: 3 })
        .map((day) => new Date(NOW + day * DAY * 1000).toISOString()),
      proof: fc.constantFrom('verified' as const, 'partial' as const, 'none' as const),
      needed: fc.boolean(),
    })
    .map(({ proof, ...one }) => ({ ...one, verified: proof === 'verified', partial: proof === 'partial' })),
  { selector: ({ archive }) => archive, maxLength: 40 },
);

const rules: fc.Arbitrary<RetentionRule> = fc.record({
  keep: fc.integer({ min: 2, max: 10 }),
  keepFor: fc.option(fc.integer({ min: 1, max: 60 }).map((days) => days * DAY)),
  retainSite: fc.boolean(),
  now: fc.constant(NOW),
});

const left = (all: readonly RetainedBackup[], rule: RetentionRule): RetainedBackup[] => {
  const gone = new Set(chooseExpired(all, rule).map(({ archive }) => archive));
  return all.filter(({ archive }) => !gone.has(archive));
};

const newestVerified = (all: readonly RetainedBackup[], source: RetainedBackup['source']) =>
  all
    .filter((one) => one.verified && one.source === source)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))[0]?.createdAt;

const holds = (property: (all: RetainedBackup[], rule: RetentionRule) => void) =>
  fc.assert(fc.property(backups, rules, property), { numRuns: 300 });

describe('whatever lies in the folder and whatever is configured', () => {
  it('the newest verified one stays, of fdts-ops and of the site', () =>
    holds((all, rule) => {
      for (const source of ['fdts-ops', 'site'] as const)
        expect(newestVerified(left(all, rule), source)).toBe(newestVerified(all, source));
    }));

  it('what a way back needs stays, and what the site made unless configured', () =>
    holds((all, rule) => {
      const kept = left(all, rule);
      expect(kept).toEqual(expect.arrayContaining(all.filter(({ needed }) => needed)));
      const bySite = all.filter(({ source }) => source === 'site');
      if (!rule.retainSite) expect(kept).toEqual(expect.arrayContaining(bySite));
    }));

  it('without a limit by age the newest verified ones stay, as many as configured', () =>
    holds((all, rule) => {
      const ours = all.filter(({ source, verified }) => source === 'fdts-ops' && verified);
      const kept = left(all, { ...rule, keepFor: null }).filter(
        ({ source, verified }) => source === 'fdts-ops' && verified,
      );
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(ours.length, rule.keep));
    }));

  it('without a verified one the newest partial ones stay, as many as configured, and push no other out', () =>
    holds((all, rule) => {
      const unproven = all.filter(({ verified }) => !verified);
      const kept = left(unproven, { ...rule, keepFor: null });
      const ours = unproven.filter(({ source, partial }) => source === 'fdts-ops' && partial);
      const keptOurs = kept.filter(({ source, partial }) => source === 'fdts-ops' && partial);
      expect(keptOurs.length).toBeGreaterThanOrEqual(Math.min(ours.length, rule.keep));
      expect(kept.filter(({ partial }) => !partial)).toEqual(unproven.filter(({ partial }) => !partial));
    }));

  it('a second time removes nothing more, and the order of the list does not matter', () =>
    holds((all, rule) => {
      expect(chooseExpired(left(all, rule), rule)).toEqual([]);
      const names = (list: readonly RetainedBackup[]) =>
        chooseExpired(list, rule)
          .map(({ archive }) => archive)
          .sort();
      expect(names(all.toReversed())).toEqual(names(all));
    }));
});

const daily = (count: number, more: Partial<RetainedBackup> = {}): RetainedBackup[] =>
  Array.from({ length: count }, (_, day) => ({
    archive: `/backups/${day}`,
    source: 'fdts-ops',
    createdAt: new Date(NOW - day * DAY * 1000).toISOString(),
    verified: true,
    partial: false,
    needed: false,
    ...more,
  }));

describe('ten daily backups', () => {
  const rule: RetentionRule = { keep: 3, keepFor: null, retainSite: false, now: NOW };

  it('leave the three newest, with the reason why the others go', () => {
    expect(left(daily(10), rule).map(({ archive }) => archive)).toEqual([
      '/backups/0',
      '/backups/1',
      '/backups/2',
    ]);
    expect(chooseExpired(daily(10), rule)[0]).toEqual({
      archive: '/backups/3',
      because: '3 newer verified ones are there',
    });
  });

  it('all stay while none was verified, however old', () =>
    expect(chooseExpired(daily(10, { verified: false }), { ...rule, keepFor: DAY })).toEqual([]));

  it('that are all partial leave the three newest of them and the newest whole one, however old', () => {
    const partial = daily(10, { verified: false, partial: true });
    const whole = partial.map((one, day) => (day === 8 ? { ...one, verified: true, partial: false } : one));
    const expected = ['/backups/0', '/backups/1', '/backups/2', '/backups/8'];
    for (const limited of [rule, { ...rule, keepFor: 5 * DAY }])
      expect(left(whole, limited).map(({ archive }) => archive)).toEqual(expected);
    expect(chooseExpired(whole, rule)[0]).toEqual({
      archive: '/backups/3',
      because: 'it is partial, and 3 newer partial ones are there',
    });
    expect(left(whole, { ...rule, keep: 100, keepFor: 4.5 * DAY })).toHaveLength(6);
  });

  it('by age leave what is young enough, and one that is too old when it is the only good one', () => {
    expect(left(daily(10), { ...rule, keep: 100, keepFor: 4.5 * DAY })).toHaveLength(5);
    const lonely = daily(10, { verified: false }).map((one, day) => ({ ...one, verified: day === 9 }));
    expect(chooseExpired(lonely, { ...rule, keepFor: DAY })).toEqual([]);
  });
});
