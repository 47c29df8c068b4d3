import { expect, test } from 'vitest';
import { decideDatabase } from '../../../activities/restores/rollback-survey.ts';

const old = { schemaHash: 'old' };

test.each([
  ['stays when the schema is that of before', null, 'old', old, 'keep', null],
  ['goes back when the schema changed', null, 'new', old, 'before', null],
  ['goes back when nobody can read it', null, null, old, 'before', null],
  ['goes back when asked for', 'before', 'old', old, 'before', null],
  [
    'may not stay when the old version may not know its schema',
    'keep',
    'new',
    old,
    'keep',
    /schema is not that/,
  ],
  ['stays when asked for, though nothing is left to compare with', 'keep', 'new', null, 'keep', null],
  ['is not guessed about when nothing is left to compare with', null, 'old', null, 'keep', /cannot be told/],
  ['cannot go back when the one of before is gone', 'before', 'old', null, 'before', /cannot be put back/],
] as const)('the database %s', (_what, wanted, live, before, database, problem) => {
  const decided = decideDatabase(wanted, live, before);
  expect(decided.database).toBe(database);
  if (problem === null) expect(decided.problem).toBeNull();
  else expect(decided.problem).toMatch(problem);
});
