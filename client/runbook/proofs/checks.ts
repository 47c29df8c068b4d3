import { type Proof, shownIn } from '../proof.ts';

const PERFORMANCE = 'test/system/performance.test.ts';
const WORSE = shownIn(
  'test/fast/procedures/performance-checks.test.ts',
  'a figure that got worse needs attention, and the report has all figures',
);

/** What measures, and what answers an alert. */
export const checkProofs: Readonly<Record<string, readonly Proof[]>> = {
  dailyHealthCheck: [
    ...shownIn('test/system/foreign.test.ts', 'the daily health check passes, seen from outside too'),
    ...shownIn(
      'test/fast/procedures/daily-health-check.test.ts',
      'a Docker that does not answer is a finding; everything else is measured all the same',
    ),
  ],
  databasePerformanceCheck: [
    ...shownIn(
      PERFORMANCE,
      'the database check measures, and says what got worse since: a slow query that is logged, and growth',
    ),
    ...WORSE,
  ],
  applicationPerformanceCheck: [
    ...shownIn(
      PERFORMANCE,
      'the application check says where the time goes, who is connected, and that the app became slow',
    ),
    ...WORSE,
  ],
  highErrorRate: [
    ...shownIn(
      'test/system/high-error-rate.test.ts',
      'an app that answers most users with 500 is restarted at once, and they are served again',
      'while most users are served the restart waits for a person, and a no leaves everything as it is',
      'a program that keeps the database locked is named; the app, which is not the cause, is not restarted',
    ),
    ...shownIn(
      'test/system/watch-guard.test.ts',
      'users who meet errors are served again by the watch; when it comes back, a person has to look first',
    ),
    ...shownIn(
      'test/fast/procedures/high-error-rate.test.ts',
      'a rate that stays high after the restart needs attention, and names what answers it',
    ),
  ],
  highMemory: [
    ...shownIn(
      'test/system/high-memory.test.ts',
      'a leak that is gone with a restart, the worker killed in it, is told in figures; a dry run and a no change nothing',
      'memory that comes back gets a limit with room, in an override that compose and fdts-ops both use; a dry run and a no set none, too small a one is taken back',
    ),
    ...shownIn(
      'test/system/watch-guard.test.ts',
      'memory that stays high is answered with a gate, and a no blocks what comes next until a person clears it',
    ),
    ...shownIn(
      'test/fast/procedures/high-memory.test.ts',
      'a limit that is worse than none is taken back, before what was made before it',
    ),
  ],
};
