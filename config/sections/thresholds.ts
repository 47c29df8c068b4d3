import { durationField } from '../duration.ts';
import { section, wholeNumberField } from '../field.ts';

/** `thresholds`: what a healthy host looks like. */
export const thresholdsSection = section({
  diskUsedPercent: wholeNumberField(1, 99)
    .prefault(80)
    .describe('Each disk that is used may be this full, in percent.'),
  errorsIn24h: wholeNumberField(0, 1_000_000)
    .prefault(0)
    .describe('How many log lines of level error in 24 hours are still in order.'),
  errorRatePercent: wholeNumberField(1, 100)
    .prefault(10)
    .describe(
      "Of the requests in the proxy's access log, so many percent may be answered with 5xx; more is a high error rate.",
    ),
  errorRateFor: durationField({ least: '10s', most: '24h' })
    .prefault('5m')
    .describe('The time over which the error rate is measured.'),
  memoryPercent: wholeNumberField(1, 100)
    .prefault(90)
    .describe("A container may use so much of its memory limit, or of the host's memory when it has none."),
  memoryFor: durationField({ least: '1s', most: '1h' })
    .prefault('5m')
    .describe('For how long memory is measured; it counts as high only when it was all that time.'),
  memoryBackWithin: durationField({ least: '5s', most: '24h' })
    .prefault('10m')
    .describe(
      'Memory that is high again so soon after a restart is persistent: then a memory limit is proposed.',
    ),
  responseMilliseconds: wholeNumberField(1, 600_000)
    .prefault(1000)
    .describe('19 of 20 answers of the health address come within so many milliseconds; else FDTS is slow.'),
  queryMilliseconds: wholeNumberField(1, 600_000)
    .prefault(500)
    .describe('19 of 20 runs of a query of performance.queries take at most so many milliseconds.'),
  downPercent: wholeNumberField(1, 100)
    .prefault(50)
    .describe(
      'FDTS counts as down when so many percent of what users ask fails: then it is mended without an approval. Below that a restart shuts out users who are being served, and waits for one.',
    ),
  downFor: durationField({ least: '1s', most: '1h' })
    .prefault('1m')
    .describe('The watch calls FDTS down once nobody was answered for so long.'),
})
  .prefault({})
  .describe('What a healthy host looks like.');
