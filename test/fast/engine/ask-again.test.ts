import { expect, it } from 'vitest';
import { untilAskedAgain } from '../../../workflows/engine/ask-again.ts';

const HOUR = 3_600_000;

function roundsIn(totalMs: number): number {
  let rounds = 0;
  for (let waited = 0; waited < totalMs; waited += untilAskedAgain(waited, totalMs - waited)) rounds += 1;
  return rounds;
}

it('a month of asking stays below the events that the server allows a run', () => {
  expect(roundsIn(31 * 24 * HOUR) * 11).toBeLessThan(40_000);
});

it('a host that is free soon is asked soon, and no pause lasts past the last moment', () => {
  expect(untilAskedAgain(0, Number.POSITIVE_INFINITY)).toBe(15_000);
  expect(untilAskedAgain(HOUR, Number.POSITIVE_INFINITY)).toBe(360_000);
  expect(untilAskedAgain(24 * HOUR, Number.POSITIVE_INFINITY)).toBe(900_000);
  expect(untilAskedAgain(HOUR, 4_000)).toBe(4_000);
  expect(untilAskedAgain(HOUR, -1)).toBe(1);
});
