import { describe, expect, it } from 'vitest';
import { plannedDates, plannedStarts, type Timing } from '../../../client/schedules/planned-dates.ts';
import { instantsOf, localText } from '../../../config/local-time.ts';
import { nextWindow } from '../../../workers/next-window.ts';

function dates(timing: Timing, from: string, count: number) {
  const found = [];
  for (const { instant, moved } of plannedDates(
    timing,
    Date.parse(from),
    Date.parse(from) + 400 * 86_400_000,
  )) {
    found.push({ local: localText(instant, timing.timezone), says: moved?.says ?? null });
    if (found.length === count) break;
  }
  return found;
}

describe('the dates of a schedule', () => {
  it('are the first Sundays at 02:00 of the host', () => {
    const timing = {
      calendar: 'first-sunday',
      at: '02:00',
      timezone: 'Europe/Paris',
      noticeSeconds: 0,
    } as const;
    expect(dates(timing, '2026-11-23T00:00:00Z', 5).map(({ local }) => local)).toEqual([
      'Sun 2026-12-06 02:00',
      'Sun 2027-01-03 02:00',
      'Sun 2027-02-07 02:00',
      'Sun 2027-03-07 02:00',
      'Sun 2027-04-04 02:00',
    ]);
  });

  it('are at 03:30 where 02:00 is left out, and say so', () => {
    const timing = {
      calendar: 'first-sunday',
      at: '02:00',
      timezone: 'Australia/Sydney',
      noticeSeconds: 0,
    } as const;
    expect(dates(timing, '2027-09-30T00:00:00Z', 1)).toEqual([
      {
        local: 'Sun 2027-10-03 03:30',
        says: 'on 2027-10-03 02:00 does not exist in Australia/Sydney (clocks go forward): the run is at 03:30',
      },
    ]);
  });

  it('of every hour are each hour that there is: none is moved, the one that comes twice runs twice', () => {
    const timing = {
      calendar: 'every-hour',
      at: '00:20',
      timezone: 'Europe/Paris',
      noticeSeconds: 0,
    } as const;
    const around = (from: string) => dates(timing, from, 4).map(({ local }) => local.slice(-5));
    expect(around('2027-03-27T23:30:00Z')).toEqual(['01:20', '03:20', '04:20', '05:20']);
    expect(around('2027-10-30T23:30:00Z')).toEqual(['02:20', '02:20', '03:20', '04:20']);
    expect(dates(timing, '2027-03-27T23:30:00Z', 30).every(({ says }) => says === null)).toBe(true);
  });

  it('are once where an hour comes twice, and say so', () => {
    const timing = {
      calendar: 'every-sunday',
      at: '01:30',
      timezone: 'America/New_York',
      noticeSeconds: 0,
    } as const;
    expect(dates(timing, '2027-11-01T00:00:00Z', 2)).toEqual([
      {
        local: 'Sun 2027-11-07 03:30',
        says: expect.stringContaining('01:30 occurs twice in America/New_York (clocks go back)'),
      },
      { local: 'Sun 2027-11-14 01:30', says: null },
    ]);
  });
});

it('a local time is found in both halves of the year, and at half-hour offsets', () => {
  expect(instantsOf({ year: 2027, month: 7, day: 4 }, '02:00', 'Europe/Paris')).toEqual([
    Date.parse('2027-07-04T00:00:00Z'),
  ]);
  expect(instantsOf({ year: 2027, month: 1, day: 3 }, '02:00', 'Asia/Kolkata')).toEqual([
    Date.parse('2027-01-02T20:30:00Z'),
  ]);
});

const starts = (timing: Timing, from: string) =>
  [...plannedStarts(timing, Date.parse(from), Date.parse(from) + 40 * 86_400_000)].map((at) =>
    localText(at, timing.timezone),
  );

describe('a run that starts ahead of its window', () => {
  const DAY = 86_400;

  it('starts in the month before when the first Sunday is the first day', () => {
    const timing = {
      calendar: 'first-sunday',
      at: '02:00',
      timezone: 'Europe/Paris',
      noticeSeconds: DAY,
    } as const;
    expect(starts(timing, '2026-10-20T00:00:00Z')).toEqual(['Sat 2026-10-31 02:00']);
  });

  it('is before an hour that comes twice: the server would start it in both', () => {
    const timing = {
      calendar: 'every-monday',
      at: '01:30',
      timezone: 'America/New_York',
      noticeSeconds: DAY,
    } as const;
    expect(starts(timing, '2027-11-06T00:00:00Z')[0]).toBe('Sun 2027-11-07 00:30');
  });

  it('waits for the window on the clock of the host, which is moved where the hour does not exist', () => {
    const timing = {
      calendar: 'first-sunday',
      at: '02:00',
      timezone: 'Australia/Sydney',
      noticeSeconds: DAY,
    } as const;
    const [start = 0] = plannedStarts(
      timing,
      Date.parse('2027-09-30T00:00:00Z'),
      Date.parse('2027-10-20T00:00:00Z'),
    );
    expect(nextWindow(timing, start, 7200)).toEqual({
      opensAt: Date.parse('2027-10-02T16:30:00Z'),
      closesAt: Date.parse('2027-10-02T18:30:00Z'),
      noticeSeconds: DAY,
      says: 'Sun 2027-10-03 03:30 to 05:30 (Australia/Sydney); 02:00 does not exist in Australia/Sydney (clocks go forward)',
    });
  });
});
