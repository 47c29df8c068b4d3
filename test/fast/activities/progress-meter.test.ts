import { expect, test } from 'vitest';
import { ProgressMeter } from '../../../activities/execution/progress-meter.ts';

const MB = 1_000_000;

test('says bytes, rate and time left once a rate is known', () => {
  const meter = new ProgressMeter();
  meter.note({ phase: 'archive', bytes: 0, totalBytes: 480 * MB }, 0);
  expect(meter.text).toBe('archive (480 MB)');
  meter.note({ phase: 'archive', bytes: 120 * MB, totalBytes: 480 * MB }, 2_000);
  expect(meter.text).toBe('archive: 120 of 480 MB, 60 MB/s, 6 s left');
});

test('a phase that begins, or begins again, has a rate of its own', () => {
  const meter = new ProgressMeter();
  meter.note({ phase: 'snapshot', bytes: 0, totalBytes: 100 * MB }, 0);
  meter.note({ phase: 'snapshot', bytes: 100 * MB, totalBytes: 100 * MB }, 1_000);
  meter.note({ phase: 'archive', bytes: 1 * MB, totalBytes: 900 * MB }, 60_000);
  expect(meter.text).toBe('archive: 1.0 of 900 MB');
  meter.note({ phase: 'archive', bytes: 11 * MB, totalBytes: 900 * MB }, 70_000);
  expect(meter.text).toBe('archive: 11 of 900 MB, 1.0 MB/s, 15 min left');
  meter.note({ phase: 'archive', bytes: 0, totalBytes: 900 * MB }, 71_000);
  expect(meter.text).toBe('archive (900 MB)');
});

test('words stand as they are; a phase without bytes has its name', () => {
  const meter = new ProgressMeter();
  expect(meter.text).toBeNull();
  meter.note('starting app', 0);
  expect(meter.text).toBe('starting app');
  meter.note({ phase: 'checking the database', bytes: 0, totalBytes: 0 }, 0);
  expect(meter.text).toBe('checking the database');
});
