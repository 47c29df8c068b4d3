import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeUnfinishedSnapshot } from '../sandbox/unfinished-snapshot.ts';
import { type DockerKind, isOfInstance, listDockerNames, removeDockerObjects } from './docker-objects.ts';
import { stateFolder } from './instance.ts';
import { endProcess } from './process-identity.ts';
import { reachEngine } from './reach-engine.ts';
import { stopDockerEngineIfOurs } from './start-docker.ts';
import { forgetStarted, listStarted, recallStarted } from './state.ts';
import { machineFolder } from './state-base.mjs';

/** What taking down did, in lines for a person, and what could not be removed. */
export interface TakenDown {
  readonly done: string[];
  readonly problems: string[];
}

// What makes the next start quick, shared by all instances: the images that the sandbox is built of, and the two
// volumes of a host that is ready to be copied.
const cacheImage = /^fdts-ops-sandbox\//;
const cacheVolume = /^fdts-ops-sandbox-(docker|project)-[0-9a-f]+$/;

/**
 * Removes what this instance started: processes (by number and start time), containers, volumes, networks,
 * and the Docker engine if it is ours. With `keepCache` the sandbox's images and volumes stay, for the next start;
 * without it they are removed also from an engine that set-up has stopped: it is started for that, and stopped again.
 */
export async function takeDown({ keepCache }: { keepCache: boolean }): Promise<TakenDown> {
  const result: TakenDown = { done: [], problems: [] };
  await endProcesses(result);
  const engine = await reachEngine({ cache: !keepCache });
  if (engine.is === 'out-of-reach') {
    result.problems.push(engine.problem);
    // What is remembered stays: the next try needs it.
    return result;
  }
  if (engine.is === 'not-needed')
    result.done.push('no Docker engine answers, and nothing of ours is known to be in one');
  else await removeFromEngine(keepCache, result);
  const stopped = await stopDockerEngineIfOurs({ evenInUse: engine.is === 'started-again' });
  if (stopped !== undefined) result.done.push(stopped);
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

async function removeFromEngine(keepCache: boolean, result: TakenDown): Promise<void> {
  for (const kind of ['container', 'volume', 'network'] as const) await remove(kind, isOfInstance, result);
  if (await removeUnfinishedSnapshot()) result.done.push('removed an unfinished snapshot of the sandbox');
  if (!keepCache) await removeCache(result);
}

async function remove(kind: DockerKind, isOurs: (name: string) => boolean, result: TakenDown): Promise<void> {
  const names = (await listDockerNames(kind)).filter((name) => isOurs(name));
  const problems = await removeDockerObjects(kind, names);
  if (names.length > problems.length)
    result.done.push(`removed ${names.length - problems.length} ${kind}s: ${names.join(', ')}`);
  result.problems.push(...problems);
}

async function removeCache(result: TakenDown): Promise<void> {
  const inUse = (await listDockerNames('container')).filter((name) => name.startsWith('fdts-ops-'));
  if (inUse.length > 0) {
    result.done.push(
      `the sandbox's images and volumes stay: ${inUse.join(', ')} of another checkout may need them`,
    );
    return;
  }
  const before = result.problems.length;
  await remove('image', (name) => cacheImage.test(name), result);
  await remove('volume', (name) => cacheVolume.test(name), result);
  if (result.problems.length === before) forgetStarted('cache', 'docker', machineFolder());
}

/** Data and logs go; the record of an engine that others still use stays. */
function removeStateFolder(): void {
  const isKept = recallStarted('engine', 'docker') !== undefined;
  if (!isKept) rmSync(stateFolder(), { recursive: true, force: true });
  else for (const file of dataFiles()) rmSync(file, { recursive: true, force: true });
}

function dataFiles(): string[] {
  return readdirSync(stateFolder())
    .filter((name) => name !== 'started')
    .map((name) => join(stateFolder(), name));
}
