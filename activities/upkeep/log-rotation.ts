import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { LogBefore, RotationPlan } from '../../workflows/contracts/weekly-plan.ts';
import {
  followsRotation,
  logsToRotate,
  lookAtLog,
  rotateCommand,
  rotateNow,
} from '../adapters/logs/logrotate.ts';
import type { Mutation, Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';

const LOGROTATE = '/usr/sbin/logrotate';
const TIMEOUT_MS = 600_000;
/** How long a program gets to write its next line after the rotation. */
const PROOF_MS = 30_000;

/** Looking at logs before and after their rotation. */
export function logReads({ config, docker, app, openFiles }: Host) {
  /** Which logs are rotated, and who writes them. What would lose lines is left out, with why. */
  const planRotation: Read<Record<string, never>, RotationPlan> = async ({ signal }) => {
    const plans = [];
    for (const file of config.weekly.logrotate) plans.push(await planFile(file, signal));
    return {
      files: plans.flatMap(({ files }) => files),
      logs: plans.flatMap(({ logs }) => logs),
      checks: plans.flatMap(({ checks }) => checks),
    };
  };

  async function planFile(file: string, signal: AbortSignal): Promise<RotationPlan> {
    const name = `${file} can be rotated`;
    const expected = 'programs go on in the new log';
    const nothing = (check: Pick<CheckResult, 'status' | 'got'> & { answer?: string }): RotationPlan => ({
      files: [],
      logs: [],
      checks: [{ name, expected, ...check }],
    });
    if ((await lookAtLog(file)) === null)
      return nothing({ status: 'skipped', got: 'the host has no such file' });
    if ((await lookAtLog(LOGROTATE)) === null)
      return nothing({ status: 'skipped', got: `${LOGROTATE} is not installed` });
    const logs: LogBefore[] = [];
    for (const path of await logsToRotate(file, { timeoutMs: 60_000, signal })) {
      const found = await lookAtLog(path);
      // An empty log is often not rotated at all, and loses nothing.
      if (found === null || found.bytes === 0) continue;
      const holders = await openFiles([path], signal);
      logs.push({ path, ...found, writers: holders.map(({ pid, command }) => `${command} (pid ${pid})`) });
    }
    const written = logs.filter(({ writers }) => writers.length > 0);
    if (written.length > 0 && (await followsRotation(file)) !== true) {
      const who = written.map(({ path, writers }) => `${writers.join(', ')} has ${path} open`).join('; ');
      return nothing({
        status: 'fail',
        got: `not rotated, since lines would be lost: ${who}, and the file has neither copytruncate nor postrotate`,
        answer: `add copytruncate to ${file}, or a postrotate script that makes the program open its log anew`,
      });
    }
    const got = `${logs.length} logs, ${written.length} of them open in a program`;
    return { files: [file], logs, checks: [{ name, status: 'pass', expected, got }] };
  }

  /** Whether what was written before goes on: each new log that a program had open grows, and the app logs. */
  const proveRotation: Read<
    { readonly logs: readonly LogBefore[]; readonly since: string },
    { readonly checks: readonly CheckResult[] }
  > = async ({ signal }, { logs, since }) => {
    const open = new Set(logs.filter(({ writers }) => writers.length > 0));
    const sizes = new Map<LogBefore, number>();
    let appLogs = false;
    for (let tries = 0; tries < PROOF_MS / 500 && (open.size > 0 || !appLogs); tries += 1) {
      // A request is what makes a quiet app write a line.
      await app.checkHealth({ through: 'proxy', signal });
      await wait(500, undefined, { signal });
      appLogs ||= await hasLogged(since);
      for (const log of open) {
        const now = await lookAtLog(log.path);
        const isNew = now !== null && (now.inode !== log.inode || now.bytes < log.bytes);
        if (!isNew) continue;
        const before = sizes.get(log);
        if (before !== undefined && now.bytes > before) open.delete(log);
        sizes.set(log, before === undefined ? now.bytes : Math.min(before, now.bytes));
      }
    }
    return { checks: [...logs.map((log) => logCheck(log, !open.has(log))), appCheck(appLogs)] };
  };

  async function hasLogged(since: string): Promise<boolean> {
    const containers = await docker.projectContainers(config.project.name);
    const container = containers.find(({ service }) => service === config.services.app);
    if (container === undefined) return false;
    for await (const line of docker.logsSince(container.id, since)) if (line !== '') return true;
    return false;
  }

  return { planRotation, proveRotation };
}

/**
 * Rotates the logs of these files now, with the host's defaults. Changes: logs. Repeating it finds the rotation of this
 * run done; a failure leaves some logs rotated, which the next rotation goes on from.
 */
const rotateLogs: Mutation<{ readonly files: readonly string[] }, { readonly since: string }> = async (
  { effects, stamp, signal },
  { files },
) => {
  for (const file of files) {
    const step = { run: runName(stamp), step: 'rotate-logs' };
    await effects.perform(
      rotateCommand(file),
      () => rotateNow(step, file, { timeoutMs: TIMEOUT_MS, signal }),
      undefined,
    );
  }
  return { since: new Date().toISOString() };
};

/** Rotating logs. */
export const logMutations = { rotateLogs };

function logCheck({ path, writers }: LogBefore, goesOn: boolean): CheckResult {
  const check = { name: `${path} goes on after its rotation`, expected: 'the new file grows' };
  if (writers.length === 0)
    return { ...check, status: 'skipped', got: 'no program had it open: each opens it anew' };
  if (goesOn) return { ...check, status: 'pass', got: `it grows; written by ${writers.join(', ')}` };
  return {
    ...check,
    status: 'fail',
    got: `${writers.join(', ')} wrote nothing into it for ${PROOF_MS / 1000} s`,
    answer: 'make the program open its log anew (restart it); its lines go into the rotated file until then',
  };
}

function appCheck(logs: boolean): CheckResult {
  return {
    name: 'the app logs after the rotation',
    status: logs ? 'pass' : 'not proven',
    expected: 'a line in its log after a request',
    got: logs ? 'it does' : `no line within ${PROOF_MS / 1000} s`,
  };
}
