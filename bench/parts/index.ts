import type { BenchPart } from '../bench.ts';
import { backupPart } from './backup.ts';
import { memoryPart } from './memory.ts';
import { overheadPart } from './overhead.ts';
import { restorePart } from './restore.ts';
import { verifyPart } from './verify.ts';
import { windowPart } from './window.ts';

/** Every part of the benchmark, in the order in which they run. */
export const parts: readonly BenchPart[] = [
  windowPart,
  backupPart,
  verifyPart,
  restorePart,
  memoryPart,
  overheadPart,
];
