import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { stampOf } from '../../../workflows/engine/stamp.ts';

it('sorts as time does, also in the hour that comes twice in autumn, in whatever zone the worker runs', () => {
  // 02:30 in Berlin twice, and 01:30 in New York twice.
  const twice = [
    '2025-10-26T00:30:00Z',
    '2025-10-26T01:30:00Z',
    '2025-11-02T05:30:00Z',
    '2025-11-02T06:30:00Z',
  ];
  expect(twice.map((time) => stampOf(Date.parse(time)))).toEqual([
    '20251026_003000',
    '20251026_013000',
    '20251102_053000',
    '20251102_063000',
  ]);
  const time = fc.integer({ min: 0, max: 4e12 });
  fc.assert(
    fc.property(time, time, (one, other) => {
      const seconds = Math.sign(Math.floor(one / 1_000) - Math.floor(other / 1_000));
      expect(Math.sign(stampOf(one).localeCompare(stampOf(other)))).toBe(seconds);
    }),
  );
});
