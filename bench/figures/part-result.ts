import { z } from 'zod';

/** The parts of the benchmark, in the order in which they run. */
export const partNames = ['window', 'backup', 'verify', 'restore', 'memory', 'overhead'] as const;

export type PartName = (typeof partNames)[number];

/** What is aimed at: at most this part of the other way's figure (8 is 1/8), or below a fixed limit in the row's unit. */
const target = z.union([
  z.strictObject({ atMostOnePart: z.number().positive() }),
  z.strictObject({ below: z.number().positive() }),
]);

const row = z.strictObject({
  measure: z.string(),
  unit: z.enum(['s', 'CPU s', 'ms', 'MB']),
  /** The other way's figures, one per run; empty when it has none. */
  other: z.array(z.number()),
  /** Seconds after which the other way was stopped without having ended. */
  otherStoppedAfter: z.number().optional(),
  ours: z.array(z.number()),
  target: target.optional(),
});

/** One measure, of both ways. */
export type Row = z.infer<typeof row>;

export const partResult = z.strictObject({
  part: z.enum(partNames),
  title: z.string(),
  /** What was done, on what, for how often; one sentence each. */
  about: z.array(z.string()),
  /** What the column of the other way is called. */
  otherWay: z.string(),
  rows: z.array(row),
  /** What the run itself found worth saying. */
  notes: z.array(z.string()),
  measuredAt: z.string(),
  seconds: z.number(),
  /** Of one minute, before the part began. */
  loadAverage: z.number(),
  commit: z.string(),
  machine: z.array(z.strictObject({ what: z.string(), is: z.string() })),
});

/** What one part of a run measured, as it lies in test-output/bench. */
export type PartResult = z.infer<typeof partResult>;

/** What the part itself says; the rest is the same for all. */
export type Measured = Omit<
  PartResult,
  'part' | 'measuredAt' | 'seconds' | 'loadAverage' | 'commit' | 'machine'
>;
