import { describe, expect, test } from 'vitest';
import {
  decideDatabase,
  findWindow,
  type MaintenanceReport,
} from '../../../activities/restores/rollback-survey.ts';

const old = { schemaHash: 'old', userVersion: 7 };

test.each([
  ['stays when the schema is that of before', null, old, old, 'keep', null],
  ['goes back when the schema changed', null, { ...old, schemaHash: 'new' }, old, 'before', null],
  ['goes back when only its data was migrated', null, { ...old, userVersion: 8 }, old, 'before', null],
  ['goes back when nobody can read it', null, { schemaHash: null, userVersion: null }, old, 'before', null],
  ['goes back when asked for', 'before', old, old, 'before', null],
  [
    'may not stay when the old version may not know its schema',
    'keep',
    { ...old, schemaHash: 'new' },
    old,
    'keep',
    /schema .* is not that/,
  ],
  [
    'may not stay when the old version may not know its data',
    'keep',
    { ...old, userVersion: 8 },
    old,
    'keep',
    /has user_version 8, .* was 7: .* may not know/,
  ],
  ['stays when asked for, though nothing is left to compare with', 'keep', old, null, 'keep', null],
  ['is not guessed about when nothing is left to compare with', null, old, null, 'keep', /cannot be told/],
  ['cannot go back when the one of before is gone', 'before', old, null, 'before', /cannot be put back/],
] as const)('the database %s', (_what, wanted, live, before, database, problem) => {
  const decided = decideDatabase(wanted, live, before);
  expect(decided.database).toBe(database);
  if (problem === null) expect(decided.problem).toBeNull();
  else expect(decided.problem).toMatch(problem);
});

const report = (
  procedure: string,
  day: number,
  more: Partial<MaintenanceReport> = {},
): MaintenanceReport => ({
  procedure,
  workflowId: `${procedure}-${day}`,
  stamp: `202601${10 + day}_020000`,
  startedAt: day,
  outcome: 'completed',
  dryRun: false,
  ...more,
});

describe('the maintenance that is gone back from', () => {
  const reports = [
    report('plannedMaintenance', 1),
    report('plannedMaintenance', 2),
    report('plannedMaintenance', 3, { outcome: 'rolled-back' }),
    report('plannedMaintenance', 4, { dryRun: true }),
    report('emergencyMaintenance', 5),
    report('weeklyMaintenance', 6),
  ];

  test('is the last window that completed, when none is named', () => {
    expect(findWindow(reports, null).workflowId).toBe('plannedMaintenance-2');
  });

  test.each(['emergencyMaintenance-5', '20260116_020000', 'plannedMaintenance-1'])(
    'is %s by its name',
    (name) => {
      expect([findWindow(reports, name).workflowId, findWindow(reports, name).stamp]).toContain(name);
    },
  );

  test.each(['plannedMaintenance-3', 'plannedMaintenance-4', 'restoreBackup-1'])(
    'is not %s, and those that are known are named, newest first',
    (name) => {
      expect(() => findWindow(reports, name)).toThrow(/got ".*", expected/);
      expect(() => findWindow(reports, name)).toThrow(
        expect.objectContaining({
          hint: expect.stringMatching(/weeklyMaintenance-6.*emergencyMaintenance-5/),
        }),
      );
    },
  );
});
