import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { LimitPlan, MemoryLook, MemoryWatch } from '../../workflows/contracts/memory.ts';
import { diffLines, OWN_OVERRIDE, overridePlace, overrideWithLimit } from '../adapters/compose/override.ts';
import { logFingerprint } from '../adapters/logs/log-fingerprint.ts';
import { readLogLine } from '../adapters/logs/log-line.ts';
import { memory } from '../adapters/machine/host-facts.ts';
import type { Read } from '../execution/mutation.ts';
import { megabytes } from '../figures/percentile.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';
import { type ContainerUse, containerUse, memoryCheck, tellUse } from './container-use.ts';
import { proposeLimit } from './propose-limit.ts';

const LOOK_EVERY_MS = 2000;
/** What a log says of memory that runs out. */
const OF_MEMORY = /memory|heap|\boom\b/i;
const MOST_KINDS = 1000;

/** Who uses too much memory, and what can be done about it. */
export function memoryReads(host: Pick<Host, 'config' | 'docker' | 'app'>) {
  const { config, docker } = host;
  const { memoryPercent, memoryFor, memoryBackWithin } = config.thresholds;

  /** Memory of each container, measured for a while: high is what is high all the time. */
  const measureMemory: Read<{ readonly seconds: number | null }, MemoryLook> = async (
    { signal, progress },
    { seconds },
  ) => {
    const least = new Map<string, ContainerUse>();
    const until = Date.now() + (seconds ?? memoryFor) * 1000;
    do {
      for (const use of await containerUse(host)) {
        const known = least.get(use.service);
        if (known === undefined || use.memoryPercent < known.memoryPercent) least.set(use.service, use);
      }
      const left = Math.max(0, until - Date.now());
      progress(`${Math.ceil(left / 1000)} s left`);
      await wait(Math.min(LOOK_EVERY_MS, left), undefined, { signal });
    } while (Date.now() < until);
    const used = [...least.values()].sort((a, b) => b.memoryPercent - a.memoryPercent);
    const { totalBytes, availableBytes } = await memory();
    const ofHost = (1 - availableBytes / totalBytes) * 100;
    const worst = used[0];
    return {
      offender: worst !== undefined && worst.memoryPercent >= memoryPercent ? worst.service : null,
      lines: [
        ...used.map(tellUse),
        `memory of the host: ${megabytes(availableBytes)} of ${megabytes(totalBytes)} available`,
      ],
      checks: [
        ...used.map((use) => memoryCheck(use, memoryPercent, ANSWERS.highMemory)),
        {
          name: 'memory of the host',
          status: ofHost < memoryPercent ? 'pass' : 'fail',
          expected: `below ${memoryPercent} % used`,
          got: `${ofHost.toFixed(0)} %`,
          answer: 'see which program uses it: ps -eo rss,comm --sort -rss | head',
        },
      ],
    };
  };

  /** What the logs of the containers say of memory that runs out, as counts and kinds; and whom the kernel ended for it. */
  const lookForLeaks: Read<{ readonly hours: number }, { readonly lines: readonly string[] }> = async (
    _context,
    { hours },
  ) => {
    const since = new Date(Date.now() - hours * 3_600_000).toISOString();
    const lines: string[] = [];
    for (const { id, service } of await docker.projectContainers(config.project.name)) {
      const { wasOutOfMemory, restarts } = await docker.containerState(id);
      if (wasOutOfMemory) lines.push(`${service}: the kernel ended it for want of memory`);
      if (restarts > 0) lines.push(`${service}: its restart policy started it again ${restarts} times`);
      const kinds = new Map<string, number>();
      for await (const line of docker.logsSince(id, since)) {
        if (!OF_MEMORY.test(line)) continue;
        const kind = logFingerprint(readLogLine(line)?.message ?? 'part of a stack');
        if (kinds.has(kind) || kinds.size < MOST_KINDS) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      const most = [...kinds].sort(([, a], [, b]) => b - a).slice(0, 5);
      lines.push(...most.map(([kind, count]) => `${service}: ${count} × ${kind}`));
    }
    return { lines };
  };

  /** Watches a service after its restart; ends early when its memory is high again. */
  const watchMemory: Read<
    { readonly service: string; readonly seconds: number | null },
    MemoryWatch
  > = async ({ signal, progress }, { service, seconds }) => {
    const within = seconds ?? memoryBackWithin;
    const began = Date.now();
    let baselineBytes: number | null = null;
    let last: ContainerUse | undefined;
    do {
      last = (await containerUse(host)).find((use) => use.service === service) ?? last;
      baselineBytes ??= last?.memoryBytes ?? null;
      if (last !== undefined && last.memoryPercent >= memoryPercent) break;
      const left = Math.max(0, began + within * 1000 - Date.now());
      progress(
        `${last === undefined ? 'not running' : `${last.memoryPercent.toFixed(0)} %`}, ${Math.ceil(left / 1000)} s left`,
      );
      await wait(Math.min(LOOK_EVERY_MS, left), undefined, { signal });
    } while (Date.now() < began + within * 1000);
    const cameBack = last !== undefined && last.memoryPercent >= memoryPercent;
    const after = Math.round((Date.now() - began) / 1000);
    const told =
      last === undefined
        ? `${service} does not run`
        : cameBack
          ? `high again after ${after} s: ${tellUse(last)}`
          : `not high for ${within} s: ${tellUse(last)}`;
    return {
      cameBack,
      baselineBytes: baselineBytes ?? 0,
      told,
      check: {
        name: `memory of ${service} after the restart`,
        status: last !== undefined && !cameBack ? 'pass' : 'fail',
        expected: `below ${memoryPercent} % for ${within} s`,
        got: told,
        answer: 'it leaks or needs more: tell its developers, with the figures of this report',
      },
    };
  };

  /** Works out a memory limit and the override file for it. Changes nothing. */
  const planMemoryLimit: Read<
    { readonly service: string; readonly baselineBytes: number; readonly limitMegabytes: number | null },
    LimitPlan
  > = async (_context, { service, baselineBytes, limitMegabytes }) => {
    const { composeFiles } = config.project;
    const place = overridePlace(composeFiles);
    const text = await readFile(place.file, 'utf8').catch(() => null);
    const isOurs = text === null || text.startsWith(OWN_OVERRIDE);
    const container = (await docker.projectContainers(config.project.name)).find(
      (known) => known.service === service,
    );
    const limitBytes =
      container === undefined ? null : (await docker.containerState(container.id)).memoryLimitBytes;
    const { totalBytes } = await memory();
    const proposed =
      limitMegabytes === null
        ? proposeLimit({ baselineBytes, hostBytes: totalBytes, limitBytes })
        : limitMegabytes * 1024 * 1024;
    const tagged = container === undefined ? null : await docker.inspectImage(container.imageName);
    const canLimit = await docker.canLimitMemory();
    const content = overrideWithLimit(isOurs ? text : null, service, proposed);
    const checks: CheckResult[] = [
      {
        name: 'the engine can limit memory',
        status: canLimit ? 'pass' : 'fail',
        expected: 'yes',
        got: canLimit
          ? 'yes'
          : 'no: the kernel of this host has the memory controller of cgroups switched off',
        answer: 'boot with cgroup_enable=memory, or give the host more memory',
      },
      {
        name: `${place.file} is free, or was written by fdts-ops`,
        status: isOurs && !composeFiles.includes(place.file) ? 'pass' : 'fail',
        expected: 'no file of the site',
        got:
          isOurs && !composeFiles.includes(place.file)
            ? 'as expected'
            : 'the site has an override file of its own',
        answer: `add by hand to service ${service} there: mem_limit: ${Math.round(proposed / 1024 / 1024)}m, then by compose, with the name and the files of the project: up -d --no-build --no-deps ${service}`,
      },
      {
        name: `${service} would be made anew from the image that it runs`,
        status: container !== undefined && tagged?.id === container.imageId ? 'pass' : 'fail',
        expected: 'its tag points to that image',
        got: tagged === null ? 'no such image' : 'another image, which nobody has approved',
        answer: 'deploy that image first, with fdts-ops start plannedMaintenance',
      },
    ];
    return {
      ready: checks.every(({ status }) => status === 'pass'),
      checks,
      service,
      limitBytes: proposed,
      file: place.file,
      content,
      before: isOurs ? text : null,
      diff: diffLines(text, content),
      effect: [
        'every run of fdts-ops gives this file to compose, after those of project.composeFiles',
        place.isFoundByCompose
          ? 'compose finds it by itself, so fdts.service and a person at the shell use it too'
          : `a person at the shell, and ${config.project.unit ?? 'whatever starts FDTS at boot'}, must add: --file ${place.file}`,
        `${service} is made anew from its compose files as they are now: users are shut out for seconds`,
        'version 1 of compose makes the other services anew too, once, when somebody next brings the whole project up',
      ],
    };
  };

  return { measureMemory, lookForLeaks, watchMemory, planMemoryLimit };
}
