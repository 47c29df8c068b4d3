import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { displayCommand } from '../../../activities/adapters/command/command.ts';
import { runCommand, tryCommand } from '../../../activities/adapters/command/run-command.ts';
import { OperationError } from '../../../activities/adapters/operation-error.ts';

const timeoutMs = 20_000;

describe('running a host command', () => {
  it('says what failed, with which exit code and what the program said', async () => {
    const error = await failure(
      runCommand({ argv: ['sh', '-c', 'echo no such unit >&2; exit 5'] }, { timeoutMs }),
    );
    expect(error).toMatchObject({ code: 'COMMAND_FAILED', retryable: true });
    expect(error.message).toContain('exit code 5: no such unit');
  });

  it('never quotes output that may hold secrets', async () => {
    const command = { argv: ['sh', '-c', 'cat >&2; exit 1'], input: 'hunter2', secretOutput: true } as const;
    const error = await failure(runCommand(command, { timeoutMs }));
    expect(error.message).toContain('exit code 1');
    expect(error.message).not.toContain('hunter2');
  });

  it('keeps such output in a file of the host that the error names, the last twenty', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-output-'));
    const command = { argv: ['sh', '-c', 'cat >&2; exit 1'], input: 'hunter2', secretOutput: true } as const;
    let error = await failure(runCommand(command, { timeoutMs, outputFolder: folder }));
    const file = /\/\S+\.log$/.exec(error.hint)?.[0] ?? '';
    expect(await readFile(file, 'utf8')).toContain('hunter2');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (let more = 0; more < 21; more += 1) {
      error = await failure(runCommand(command, { timeoutMs, outputFolder: folder }));
    }
    expect(await readdir(folder)).toHaveLength(20);
    expect(error.message).not.toContain('hunter2');
    await rm(folder, { recursive: true });
  });

  it('names a program that is not installed and does not ask for a retry', async () => {
    const error = await failure(runCommand({ argv: ['fdts-no-such-program'] }, { timeoutMs }));
    expect(error).toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      target: 'fdts-no-such-program',
      retryable: false,
    });
  });

  it('ends a command that takes too long, with everything it started', async () => {
    const marker = `3600.${process.pid}1`;
    const command = { argv: ['sh', '-c', `trap '' TERM; sleep ${marker} & wait`] } as const;
    const error = await failure(runCommand(command, { timeoutMs: 200 }));
    expect(error.code).toBe('COMMAND_TIMEOUT');
    expect(processesWith(marker)).toEqual([]);
  });

  it('has ended the whole process group when an abort is answered', async () => {
    const marker = `3600.${process.pid}2`;
    const controller = new AbortController();
    const running = runCommand(
      { argv: ['sh', '-c', `sleep ${marker} & wait`] },
      { timeoutMs, signal: controller.signal },
    );
    await expect.poll(() => processesWith(marker)).not.toEqual([]);
    controller.abort();
    expect((await failure(running)).code).toBe('COMMAND_ABORTED');
    expect(processesWith(marker)).toEqual([]);
  });

  it('starts nothing once aborted', async () => {
    const error = await failure(runCommand({ argv: ['true'] }, { timeoutMs, signal: AbortSignal.abort() }));
    expect(error.code).toBe('COMMAND_ABORTED');
  });

  it('returns output and passes input, folder and variables', async () => {
    const command = {
      argv: ['sh', '-c', 'cat; echo "$WHO in $PWD"'],
      input: 'hello ',
      cwd: '/',
      env: { WHO: 'me' },
    } as const;
    expect((await runCommand(command, { timeoutMs })).stdout).toBe('hello me in /\n');
  });

  it('keeps the end of an output that is too long, in whole lines, and says so', async () => {
    const result = await runCommand({ argv: ['seq', '1', '100000'] }, { timeoutMs, maxOutputBytes: 1000 });
    expect(result.truncated).toBe(true);
    expect(result.stdout.length).toBeLessThanOrEqual(1000);
    expect(result.stdout).toMatch(/^\d{5}\n(.*\n)*100000\n$/);
  });

  it('gives an exit code as an answer where the program says "no" that way', async () => {
    expect((await tryCommand({ argv: ['false'] }, { timeoutMs })).exitCode).toBe(1);
  });
});

describe('showing a command', () => {
  it('can be pasted into a shell, quotes included', () => {
    const shown = displayCommand({
      argv: ['printf', '%s|', "it's", 'a b', '', '$HOME'],
      cwd: '/tmp',
      env: { A: '1 2' },
    });
    expect(shown).toBe(`cd /tmp && A='1 2' printf '%s|' 'it'\\''s' 'a b' '' '$HOME'`);
    expect(execFileSync('sh', ['-c', shown], { encoding: 'utf8' })).toBe("it's|a b||$HOME|");
  });

  it('never shows the input', () => {
    expect(displayCommand({ argv: ['tee', 'f'], input: 'secret' })).toBe('tee f');
  });
});

const failure = async (work: Promise<unknown>): Promise<OperationError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OperationError)) throw new Error(`expected an OperationError, got ${String(error)}`);
  return error;
};

const processesWith = (marker: string): string[] =>
  execFileSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`sleep ${marker}`) && !line.startsWith('Z'));
