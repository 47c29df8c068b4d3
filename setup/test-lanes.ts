import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from './instance.ts';

/** System tests that go beside the others, so that both lanes take about as long. A new one is in the first lane. */
export const SECOND_LANE: readonly string[] = [
  'absent-worker',
  'backup-failure',
  'deep-verification',
  'demo-kept',
  'disaster-recovery',
  'foreign',
  'held-port',
  'high-error-rate',
  'high-memory',
  'init',
  'kill-host',
  'kill-server',
  'missing-database',
  'performance',
  'rehearsal',
  'restore-kill',
  'rollback-kill',
  'schema-choice',
  'troubleshooting',
  'upload-failures',
];

/** The system tests in two lanes, each with a server and a sandbox host of its own: they wait as much as they work. */
export function systemLanes(): readonly (readonly string[])[] {
  const files = readdirSync(join(checkoutRoot, 'test', 'system'))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/system/${name}`);
  return [files.filter((file) => !isSecond(file)), files.filter(isSecond)];
}

function isSecond(file: string): boolean {
  return SECOND_LANE.some((name) => file === `test/system/${name}.test.ts`);
}
