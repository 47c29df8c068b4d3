import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { docker } from '../../sandbox/docker.ts';
import { dockerPrefix, listDockerNames } from '../../setup/docker-objects.ts';
import { checkoutRoot, stateFolder } from '../../setup/instance.ts';
import { isRunning } from '../../setup/process-identity.ts';
import { listStarted } from '../../setup/state.ts';
import { environment } from '../support/environment.ts';

// A demo of its own beside the environment of the tests: both are this checkout's.
const own = { ...process.env, FDTS_OPS_INSTANCE: `kept-${process.pid}` };
const otherPeoplesVolume = `somebody-elses-${process.pid}`;

beforeAll(() => docker(['volume', 'create', otherPeoplesVolume]));
afterAll(async () => {
  await npm('demo:down');
  await docker(['volume', 'rm', otherPeoplesVolume]);
});

it('a demo that is kept stays with its links; demo:down removes all of it and nothing else', async () => {
  const { host: otherHost } = await environment();
  const before = await dockerObjects();
  const others = listStarted('process').map(({ thing }) => thing.identity);

  const kept = await npm('demo', '--', '--keep', '--json');
  const answer = JSON.parse(kept.stdout.split('\n').at(-1) ?? '');
  expect(answer).toEqual({
    procedure: 'plannedMaintenance',
    runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    outcome: 'completed',
    downtimeSeconds: expect.any(Number),
    steps: expect.arrayContaining([
      expect.objectContaining({ id: 'cut-over', status: 'done', seconds: expect.any(Number) }),
    ]),
    report: expect.stringMatching(/report\.md$/),
  });
  expect(answer.downtimeSeconds).toBeGreaterThan(0);
  expect(existsSync(answer.report)).toBe(true);
  const links = [link(/In the UI +(http\S+)/, kept.all), `${link(/^FDTS: (http\S+)/m, kept.all)}/api/health`];
  for (const url of links) expect((await fetch(url)).status, url).toBe(200);
  const processes = listStarted('process', stateFolder(own));
  expect(processes.map(({ name }) => name)).toContain('temporal');
  expect(processes.every(({ thing }) => isRunning(thing.identity))).toBe(true);

  const down = await npm('demo:down');
  expect(down.all).not.toContain('NOT removed');
  expect(processes.filter(({ thing }) => isRunning(thing.identity))).toEqual([]);
  for (const url of links) await expect(fetch(url), url).rejects.toThrow('fetch failed');
  expect(listStarted('process', stateFolder(own))).toEqual([]);

  expect(await dockerObjects()).toEqual(before);
  expect(others.filter((identity) => !isRunning(identity))).toEqual([]);
  await otherHost.waitUntilServing();
});

function npm(script: string, ...args: string[]) {
  return execa('npm', ['run', '--silent', script, ...args], {
    cwd: checkoutRoot,
    env: own,
    all: true,
    stdin: 'ignore',
  });
}

/** By kind, but for those of other tests that run beside this one: they come and go. */
async function dockerObjects() {
  const kinds = ['container', 'volume', 'network', 'image'] as const;
  const names = await Promise.all(kinds.map(listDockerNames));
  return Object.fromEntries(kinds.map((kind, index) => [kind, names[index]?.filter(isWatched).toSorted()]));
}

function isWatched(name: string): boolean {
  const ofTheDemo = [dockerPrefix(own.FDTS_OPS_INSTANCE), 'fdts-ops-sandbox'];
  return !name.startsWith('fdts-ops-') || ofTheDemo.some((prefix) => name.startsWith(prefix));
}

function link(pattern: RegExp, text: string): string {
  const url = pattern.exec(text)?.[1];
  if (url === undefined) throw new Error(`the demo printed no ${pattern.source}`);
  return url;
}
