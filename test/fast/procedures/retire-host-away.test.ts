import { expect, it } from 'vitest';
import { bootedSince } from '../../../workflows/procedures/retire-host-away.ts';

const WEEK = 7 * 86_400;
const ASKED = Date.parse('2026-03-01T02:00:00Z');

it.each([
  ['back after a week, 30 s after its boot', true, { heard: WEEK, boot: 30, at: WEEK }],
  ['the same, heard of a day late', true, { heard: WEEK + 86_400, boot: 30, at: WEEK }],
  ['whose worker was restarted for 61 s while FDTS served', false, { heard: 61, boot: WEEK, at: 61 }],
  ['that answered at once, heard of 10 minutes late', false, { heard: 600, boot: 300, at: 1 }],
  [
    'that was back before it was asked for, its clock a day ahead',
    false,
    { heard: 2, boot: 300, at: 86_400 },
  ],
  ['that a network had cut off for a week', false, { heard: WEEK, boot: 2 * WEEK, at: WEEK }],
  ['whose calendar is behind after its boot', false, { heard: WEEK, boot: 30, at: -WEEK }],
])('a machine %s: away %s', (_which, away, { heard, boot, at }) => {
  const run = { asked: ASKED, heard: ASKED + heard * 1000 };
  expect(bootedSince(run, { secondsSinceBoot: boot, at: ASKED + at * 1000 })).toBe(away);
});
