import { expect, it } from 'vitest';
import { endReads } from '../../../activities/execution/ends-of-runs.ts';
import type { OpenGate, Progress } from '../../../workflows/contracts/report.ts';
import type { HolderState } from '../../../workflows/contracts/watch.ts';

const reading = { stamp: '', signal: AbortSignal.timeout(5000), progress: () => undefined };
const gate = (...answers: OpenGate['answers']): OpenGate => ({
  step: 'approve-plan',
  question: 'Approve?',
  planCode: 'A',
  plan: [],
  until: 0,
  answers,
});
const progress: Progress = {
  procedure: 'highMemory',
  title: 'High memory usage',
  host: 'web-1',
  dryRun: false,
  startedAt: 0,
  steps: [],
  gate: null,
  usersOut: false,
  outcome: null,
  because: null,
};

it.each<[string, Progress | null, HolderState]>([
  ['is over', null, 'is gone'],
  ['has its end', { ...progress, gate: gate('approve'), outcome: 'rejected' }, 'is gone'],
  ['is in a step', progress, 'works'],
  ['asks for an approval', { ...progress, gate: gate('approve', 'abort') }, 'waits at a gate'],
  ['asks about a step that failed', { ...progress, gate: gate('retry', 'skip', 'abort') }, 'works'],
  ['asks while users are out', { ...progress, gate: gate('approve'), usersOut: true }, 'shuts users out'],
])('what a run does that has the host: one that %s', async (_, said, doing) => {
  const { readHolder } = endReads(
    async () => null,
    async () => said,
  );
  expect(await readHolder(reading, { workflowId: 'memory-1', runId: 'r' })).toBe(doing);
});
