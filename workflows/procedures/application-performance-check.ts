import type { Figure } from '../contracts/figures.ts';
import type { RunReport } from '../contracts/report.ts';
import { read } from '../engine/calls.ts';
import type { CommonInput } from '../engine/input.ts';
import { defineProcedure } from '../engine/procedure.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { compareSettings, compareWithBefore, measureOr } from './steps/measure.ts';

export const applicationPerformanceCheckProcedure = defineProcedure({
  type: 'applicationPerformanceCheck',
  title: 'Application performance check',
  section: 'Monitoring and Alerting / Application Performance Check',
  summary:
    'Measures where the time of a response goes, the connections of the app and what its containers use, and says what got worse than in earlier runs. Changes nothing.',
  beyond:
    'DNS, connect, first byte and total as p50, p95 and max of many requests, to the app and through the proxy; connections by state, in the network of the app; compared with the median of earlier runs.',
  mutating: false,
  safeState: 'as before: it only reads',
  input: {},
  settings: [
    'performance.requests',
    'thresholds.responseMilliseconds',
    'thresholds.memoryPercent',
    'checks.timeout',
    ...compareSettings,
  ],
  steps: {
    'response-times': {
      kind: 'check',
      title: 'Time requests to the app and through the proxy',
      paper: '1. curl -w',
      expectedSeconds: 5,
    },
    connections: {
      kind: 'check',
      title: "Count the connections at the app's port",
      paper: '2. netstat',
      expectedSeconds: 1,
    },
    containers: {
      kind: 'check',
      title: 'Measure processor and memory of the containers',
      paper: '3. docker stats',
      expectedSeconds: 3,
    },
    compare: { kind: 'check', title: 'Compare with earlier runs', expectedSeconds: 1 },
  },
});

/** The hourly application performance check: ends `attention-needed` when a figure is out of bounds or worse than before. */
export async function applicationPerformanceCheck(input?: CommonInput): Promise<RunReport> {
  return runProcedure(applicationPerformanceCheckProcedure, input, async (run) => {
    const figures: Figure[] = [];
    await measureOr(run, 'response times', async () => {
      const timed = await run.check('response-times', read.timeRequests({}));
      run.verify(timed.checks, 'report');
      run.section('Response times', timed.lines);
      figures.push(...timed.figures);
    });
    await measureOr(run, 'connections of the app', async () => {
      const counted = await run.check('connections', read.countConnections({}));
      run.verify(counted.checks, 'report');
      run.section('Connections', counted.lines);
    });
    await measureOr(run, 'what the containers use', async () => {
      const used = await run.check('containers', read.measureContainers({}));
      run.verify(used.checks, 'report');
      run.section('Containers', used.lines);
    });
    await compareWithBefore(run, figures);
  });
}
