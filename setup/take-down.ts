import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { removeUnfinishedSnapshot } from '../sandbox/unfinished-snapshot.ts';
import { stopDockerEngineIfOurs } from './docker-engine.ts';
import { type DockerKind, isOfInstance, listDockerNames, removeDockerObjects } from './docker-objects.ts';
import { stateFolder } from './instance.ts';
import { endProcess } from './process-identity.ts';
import { forgetStarted, listStarted, recallStarted } from './state.ts';

/** What taking down did, in lines for a person, and what could not be removed. */
export interface TakenDown {
  readonly done: string[];
  readonly problems: string[];
}

// A host that is ready to be copied, shared by all instances: an image and the two volumes that belong to it.
const snapshotImage = /^fdts-ops-sandbox\/host-ready:/;
const snapshotVolume = /^fdts-ops-sandbox-(docker|project)-[0-9a-f]+$/;

/**
 * Removes what this instance started: processes (by number and start time), containers, volumes, networks,
 * and the Docker engine if it is ours. With `keepCache` the sandbox's snapshot stays, for the next start.
 */
export async function takeDown({ keepCache }: { keepCache: boolean }): Promise<TakenDown> {
  const result: TakenDown = { done: [], problems: [] };
  await endProcesses(result);
  const answer = await execa('docker', ['info'], { reject: false, timeout: 20_000 });
  if (answer.exitCode === 0) {
    for (const kind of ['container', 'volume', 'network'] as const) await remove(kind, isOfInstance, result);
    if (await removeUnfinishedSnapshot()) result.done.push('removed an unfinished snapshot of the sandbox');
    if (!keepCache) await removeSnapshots(result);
  } else result.done.push('no Docker engine answers: no containers to remove');
  const engine = await stopDockerEngineIfOurs();
  if (engine !== undefined) result.done.push(engine);
  removeStateFolder();
  return result;
}

async function endProcesses(result: TakenDown): Promise<void> {
  for (const { name, thing } of listStarted('process')) {
    const ended = await endProcess(thing.identity);
    forgetStarted('process', name);
    if (ended === 'ended') result.done.push(`ended ${thing.what} (process ${thing.identity.pid})`);
  }
}

async function remove(kind: DockerKind, isOurs: (name: string) => boolean, result: TakenDown): Promise<void> {
  const names = (await listDockerNames(kind)).filter((name) => isOurs(name));
  const problems = await removeDockerObjects(kind, names);
  if (names.length > problems.length)
    result.done.push(`removed ${names.length - problems.length} ${kind}s: ${names.join(', ')}`);
  result.problems.push(...problems);
}

async function removeSnapshots(result: TakenDown): Promise<void> {
  const inUse = (await listDockerNames('container')).filter((name) => name.startsWith('fdts-ops-'));
  if (inUse.length > 0) {
    result.done.push(`the sandbox's snapshot stays: ${inUse.join(', ')} of another checkout may need it`);
    return;
  }
  await remove('image', (name) => snapshotImage.test(name), result);
  await remove('volume', (name) => snapshotVolume.test(name), result);
}

/** Data and logs go; the record of installed packages stays, and of an engine that others still use. */
function removeStateFolder(): void {
  const isKept = recallStarted('packages', 'debian') ?? recallStarted('engine', 'docker');
  if (!isKept) rmSync(stateFolder(), { recursive: true, force: true });
  else for (const file of dataFiles()) rmSync(file, { recursive: true, force: true });
}

function dataFiles(): string[] {
  return readdirSync(stateFolder())
    .filter((name) => name !== 'started')
    .map((name) => join(stateFolder(), name));
}
