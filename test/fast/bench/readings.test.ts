import { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { timeOutsideActivities } from '../../../bench/figures/time-outside-activities.ts';
import { commandTimes, longestCommands, secondsBetween } from '../../../bench/measure/type-script.ts';

const at = (ms: number) => ({ seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 });

const started = (eventId: number, ms: number) => ({
  eventId,
  eventTime: at(ms),
  activityTaskStartedEventAttributes: {},
});
const completed = (eventId: number, startedEventId: number, ms: number) => ({
  eventId,
  eventTime: at(ms),
  activityTaskCompletedEventAttributes: { startedEventId },
});

describe('the trace of a typed script', () => {
  const trace = [
    '+@100.500000 cd /opt/fdts',
    'what a command says itself',
    '+@100.750000 docker-compose stop app nginx',
    '++@101.000000 of a shell below it',
    '+@103,250000 docker-compose up -d',
  ].join('\n');

  it('gives each command with the time until the next one, the last until the end', () => {
    expect(commandTimes(trace, 104.25)).toEqual([
      { command: 'cd /opt/fdts', seconds: 0.25 },
      { command: 'docker-compose stop app nginx', seconds: 2.5 },
      { command: 'docker-compose up -d', seconds: 1 },
    ]);
  });

  it('tells the time between two of them', () => {
    expect(secondsBetween(commandTimes(trace, 104.25), 'cd', 'docker-compose up')).toBe(2.5);
  });

  it('is told by its longest commands', () => {
    expect(longestCommands(commandTimes(trace, 104.25))).toBe(
      '`docker-compose stop app nginx` 2.5 s, `docker-compose up -d` 1.0 s',
    );
  });
});

describe('the time of a run outside its activities', () => {
  it('counts what lies between them, and activities at the same time once', () => {
    const events = [
      { eventId: 1, eventTime: at(1_000) },
      started(2, 1_100),
      completed(3, 2, 1_600),
      started(4, 1_700),
      started(5, 1_800),
      completed(6, 5, 2_000),
      completed(7, 4, 2_500),
      { eventId: 8, eventTime: at(2_550) },
    ];
    const history = temporal.api.history.v1.History.fromObject({ events });
    expect(timeOutsideActivities(history)).toBeCloseTo(100 + 100 + 50);
  });
});
