import { expect, it } from 'vitest';
import { chooseOptimize } from '../../../activities/database/choose-optimize.ts';

const measured = {
  bytes: 10_000_000,
  compactBytes: 7_000_000,
  inSlices: false,
  vacuumMs: 100,
  analyzeMs: 10,
  longestSliceMs: null,
  lastWrittenBy: '3.52.0',
  ownVersion: '3.53.2',
};
const rule = { longestLock: 250, gainPercent: 5, appSqlite: null };

it.each([
  ['a short VACUUM is made live', {}, {}, 'vacuum'],
  [
    'a long one in slices where they are short',
    { vacuumMs: 9000, inSlices: true, longestSliceMs: 12 },
    {},
    'slices',
  ],
  [
    'a long one in a stop where slices are long too',
    { vacuumMs: 9000, inSlices: true, longestSliceMs: 900 },
    {},
    'stop',
  ],
  ['a long one in a stop where there are no slices', { vacuumMs: 9000 }, {}, 'stop'],
  ['one that gains little is not made', { compactBytes: 9_900_000 }, {}, 'analyze'],
  ['an ANALYZE that is long is not made for little', { compactBytes: 9_900_000, analyzeMs: 900 }, {}, 'none'],
  ['an old SQLite of the app means a stop', { lastWrittenBy: '3.40.1' }, {}, 'stop'],
  ['3.51.2 is old, 3.50.7 is not', { lastWrittenBy: '3.51.2' }, {}, 'stop'],
  ['the back-port is good', { lastWrittenBy: '3.50.7' }, {}, 'vacuum'],
  ['an unknown one means a stop', { lastWrittenBy: null }, {}, 'stop'],
  ['one that may be ours is unknown', { lastWrittenBy: '3.53.2' }, {}, 'stop'],
  ['the configuration may say it', { lastWrittenBy: '3.53.2' }, { appSqlite: '3.53.2' }, 'vacuum'],
  ['and is believed when it is old', {}, { appSqlite: '3.45.0' }, 'stop'],
  ['an old one is left alone for little', { lastWrittenBy: '3.40.1', compactBytes: 9_900_000 }, {}, 'none'],
  ['an empty database gains nothing', { bytes: 0, compactBytes: 0 }, {}, 'analyze'],
])('%s', (_, found, configured, way) => {
  const plan = chooseOptimize({ ...measured, ...found }, { ...rule, ...configured });
  expect(plan.way).toBe(way);
  expect(plan.because).not.toBe('');
  expect(plan.lines.join(' ')).toContain('on a copy');
});
