import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { fileSystemUse } from '../../../activities/adapters/file-system-use.ts';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import { diagnosisReads } from '../../../activities/diagnosis/diagnosis.ts';
import type { Host } from '../../../activities/host.ts';
import { diskCheck, lookAtDisks } from '../../../activities/survey/disks.ts';
import { healthReads } from '../../../activities/survey/health-checks.ts';
import { mayBeCleaned } from '../../../activities/upkeep/weekly-survey.ts';
import { buildSite, type Site } from '../data-owner/support/build-site.ts';
import { run, smallHost } from './support/small-host.ts';

// Mounting needs root, which CI has.
const mayMount = process.getuid?.() === 0;

let site: Site;
let engine: string;
beforeEach(() => {
  site = buildSite({ rows: 3, files: 1, own: false });
  engine = join(site.root, 'engine');
  for (const folder of [engine, join(site.root, 'state')]) mkdirSync(folder);
});

function hostOf({ limit = 99 }: { readonly limit?: number } = {}): Host {
  const small = smallHost(site);
  const docker = {
    engineInfo: async () => ({ dataFolder: engine }),
    projectContainers: async () => [],
  };
  const config = { ...small.config, thresholds: { ...small.config.thresholds, diskUsedPercent: limit } };
  const data = {
    findAside: async () => [],
    freeSpace: () => Promise.reject(problem('NOT_FOUND', 'it is not there')),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host these looks use these alone
  return { ...small, config, docker, data } as unknown as Host;
}

const problem = (code: string, cause: string) =>
  new OperationError({ code, operation: 'look', target: 'it', cause, hint: 'see why', retryable: false });

const disksOf = async (host: Host) => (await lookAtDisks(host, new AbortController().signal)).disks;

function mountAt(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8M', 'fdts-ops-test', folder]);
  onTestFinished(() => void execFileSync('umount', [folder]));
}

test('a file system is told once, with database, uploads and the data of Docker among what lies on it', async () => {
  const { device } = await fileSystemUse(site.root);
  const disks = await disksOf(hostOf());
  expect(new Set(disks.map((disk) => disk.device)).size).toBe(disks.length);
  const there = disks.find((disk) => disk.device === device)?.places.map(({ place }) => place);
  expect(there).toEqual(
    expect.arrayContaining([
      site.root,
      join(site.root, 'data'),
      site.uploads,
      site.backups,
      join(site.root, 'state'),
      engine,
    ]),
  );
});

const disksIn = (all: readonly { readonly name: string }[]) =>
  all.map(({ name }) => name).filter((name) => name.startsWith('disk of '));

test('the daily check and the diagnosis look at the same disks', async () => {
  const daily = await healthReads(hostOf({ limit: 1 })).checkDisk(run(), {});
  const { checks } = await diagnosisReads(hostOf({ limit: 1 })).lookAtResources(run(), {});
  expect(daily.checks.length).toBeGreaterThan(0);
  expect(disksIn(checks)).toEqual(disksIn(daily.checks));
});

test('a disk of everything that is too full is told with all that makes room on it', async () => {
  const places = (await disksOf(hostOf())).flatMap((disk) => disk.places);
  const { status, answer } = diskCheck(
    { places, usedPercent: 95, freeBytes: 1, totalBytes: 20, device: 1 },
    80,
  );
  expect(status).toBe('fail');
  expect(answer).toMatch(/^fdts-ops start weeklyMaintenance .*; fdts-ops start backupFailure .*; make that/);
  expect(answer).toContain(`du -xh --max-depth=2 ${site.root} ${join(site.root, 'data')} ${site.uploads}`);
});

test.runIf(mayMount)(
  'disks of their own have answers of their own, and only the clean-up is no reason to refuse',
  async () => {
    for (const folder of [site.backups, site.uploads, engine]) mountAt(folder);
    const disks = await disksOf(hostOf());
    const full = disks.map((disk) => diskCheck({ ...disk, usedPercent: 95 }, 80));
    const answerOf = (place: string) => full.find(({ name }) => name === `disk of ${place}`)?.answer;
    expect(answerOf(site.backups)).toMatch(/^fdts-ops start backupFailure [^;]*$/);
    expect(answerOf(engine)).toBe(
      'fdts-ops start weeklyMaintenance removes what nothing in Docker uses, while every service is up',
    );
    expect(answerOf(site.uploads)).toMatch(/^make that disk larger, .*du -xh --max-depth=2 \S*\/uploads \|/);
    const statuses = Object.fromEntries(mayBeCleaned(full, disks).map(({ name, status }) => [name, status]));
    expect(statuses).toMatchObject({
      [`disk of ${engine}`]: 'not proven',
      [`disk of ${site.backups}`]: 'fail',
      [`disk of ${site.uploads}`]: 'fail',
    });
  },
);

test.runIf(mayMount)(
  "a clean-up of Docker helps only a full disk that has Docker's data, or may have it while Docker does not answer",
  async () => {
    for (const folder of [site.uploads, engine]) mountAt(folder);
    fill(site.uploads);
    expect(await look(hostOf())).toMatchObject({ fullDisks: [site.uploads], cleanUpHelps: false });
    fill(engine);
    const both = { fullDisks: [site.uploads, engine], cleanUpHelps: true };
    expect(await look(hostOf())).toMatchObject(both);
    const host = hostOf();
    const down = { ...host.docker, engineInfo: () => Promise.reject(problem('ENGINE_DOWN', 'no answer')) };
    expect(await look({ ...host, docker: down })).toMatchObject({
      fullDisks: [site.uploads],
      cleanUpHelps: true,
    });
  },
);

function look(host: Host) {
  return diagnosisReads(host).lookAtResources(run(), {});
}

function fill(folder: string): void {
  writeFileSync(join(folder, 'filler'), Buffer.alloc(7_500_000));
}

test('a place that nobody can look at has failed, and hides no other', async () => {
  rmSync(site.uploads, { recursive: true });
  const { checks } = await healthReads(hostOf()).checkDisk(run(), {});
  expect(checks.length).toBeGreaterThan(1);
  expect(checks.filter(({ status }) => status !== 'pass')).toEqual([
    expect.objectContaining({ name: `disk of ${site.uploads}`, status: 'fail', answer: 'see why' }),
  ]);
});

test('while Docker does not answer its disk is not proven, and the others are measured', async () => {
  const host = hostOf();
  const down = { ...host.docker, engineInfo: () => Promise.reject(problem('ENGINE_DOWN', 'no answer')) };
  const { checks } = await healthReads({ ...host, docker: down }).checkDisk(run(), {});
  expect(checks).toContainEqual(
    expect.objectContaining({ name: 'disk of the data of Docker', status: 'not proven' }),
  );
  expect(checks.some(({ status }) => status === 'pass')).toBe(true);
});
