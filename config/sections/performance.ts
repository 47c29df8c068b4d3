import { listField, section, textField, wholeNumberField } from '../field.ts';
import { httpUrlField } from '../url-field.ts';

/** `performance`: what the performance checks measure. */
export const performanceSection = section({
  queries: listField(textField('one SQL query such as SELECT COUNT(*) FROM users', /^\S[^\n]*\S$/), 1)
    .prefault(['SELECT COUNT(*) FROM users'])
    .describe('Queries that are timed on the live database. One that could change anything is refused.'),
  repeats: wholeNumberField(2, 1000)
    .prefault(20)
    .describe('How often each query is run; it is no longer repeated once it took 10 seconds in all.'),
  requests: wholeNumberField(5, 1000)
    .prefault(50)
    .describe('How many requests are timed, one after the other, to the app and through the proxy.'),
  page: httpUrlField('http://127.0.0.1:3001/api/files')
    .nullable()
    .prefault(null)
    .describe(
      "An address as users ask for it, timed besides the health address, which may be fast while users wait: with the test user's login where checks.login has one. null: only the health address is timed, and reports say so.",
    ),
  worseFactor: wholeNumberField(2, 100)
    .prefault(2)
    .describe('A time that is more than so many times the median of the last ten runs is reported.'),
  noiseMilliseconds: wholeNumberField(0, 60_000)
    .prefault(20)
    .describe('A time that got worse by no more than so many milliseconds is not reported.'),
  growthPercent: wholeNumberField(1, 10_000)
    .prefault(50)
    .describe('A database that grew by more than so many percent since the last check is reported.'),
  freePagesPercent: wholeNumberField(1, 100)
    .prefault(25)
    .describe('A database with more than so many percent of free pages is worth a VACUUM.'),
  slowQueryText: textField('a text such as slow query')
    .prefault('slow query')
    .describe("How the app's log names a slow query; lines with it are counted."),
})
  .prefault({})
  .describe('What the performance checks measure, and when they report it.');
