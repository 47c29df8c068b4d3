import { expect, test } from 'vitest';
import { durationText } from '../../../config/duration.ts';

test.each([
  [90, '90s'],
  [60, '1m'],
  [5400, '90m'],
  [14_400, '4h'],
  [172_800, '48h'],
  [1_209_600, '14d'],
])('%i seconds are written as %s', (seconds, written) => {
  expect(durationText(seconds)).toBe(written);
});
