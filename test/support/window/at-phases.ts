import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { SandboxHost } from '../../../sandbox/host.ts';

const FOLDER = '/var/lib/fdts-test-phases';
const CHILD = '/opt/fdts-ops/dist/activities/adapters/data-owner/child.js';
const program = fileURLToPath(new URL('./at-phases.mjs', import.meta.url));

/** What happens to the process that swaps the data, once in each of these phases of its record. */
export interface AtPhases {
  readonly how: 'kill' | 'hold';
  readonly phases: readonly string[];
}

/** Arranges it on a host, until `leavePhasesAlone`. */
export async function meetPhases(host: SandboxHost, { how, phases }: AtPhases): Promise<void> {
  await leavePhasesAlone(host);
  await host.exec(['install', '-d', '-m', '0777', FOLDER]);
  await host.writeFile(`${FOLDER}/at-phases.mjs`, await readFile(program), { mode: '644' });
  await host.writeFile(`${FOLDER}/how`, how, { mode: '644' });
  await host.writeFile(`${FOLDER}/phases`, phases.join('\n'), { mode: '644' });
  await host.exec(['cp', '-p', CHILD, `${CHILD}.kept`]);
  await host.exec(['sed', '-i', `1i import '${FOLDER}/at-phases.mjs';`, CHILD]);
}

/** Which of the phases were met so far. */
export async function phasesMet(host: SandboxHost, phases: readonly string[]): Promise<string[]> {
  const { stdout } = await host.exec(['ls', FOLDER]);
  return phases.filter((phase) => stdout.split('\n').includes(phase));
}

/** Waits until the process stands still in this phase. */
export const untilPhase = (host: SandboxHost, phase: string): Promise<void> =>
  expect.poll(() => phasesMet(host, [phase]), { timeout: 60_000 }).toEqual([phase]);

/** The program as it was. */
export async function leavePhasesAlone(host: SandboxHost): Promise<void> {
  const script = `[ ! -e ${CHILD}.kept ] || mv ${CHILD}.kept ${CHILD}; rm -rf ${FOLDER}`;
  await host.exec(['sh', '-c', script]);
}
