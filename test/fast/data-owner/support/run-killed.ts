import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildIsCurrent } from '../../../../setup/build-stamp.ts';
import { checkoutRoot } from '../../../../setup/instance.ts';

const preload = ['--import', new URL('./kill-at-call.mjs', import.meta.url).href];
const program = await childProgram();

/** Runs an operation in the real child program, killed before its Nth file call; true when it was killed. */
export async function runKilled(operation: string, args: object, killAt: number): Promise<boolean> {
  const child = spawn(process.execPath, program, {
    cwd: '/',
    env: { PATH: process.env['PATH'], KILL_AT: String(killAt) },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin?.write(`${JSON.stringify({ operation, args })}\n`);
  const [code, signal]: unknown[] = await once(child, 'close');
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the child ended with ${String(code ?? signal)}`);
  return signal === 'SIGKILL';
}

/** As it was built, where that is of these sources: hundreds are started, and from source each takes four times as long. */
async function childProgram(): Promise<string[]> {
  const source = fileURLToPath(
    new URL('../../../../activities/adapters/data-owner/child.ts', import.meta.url),
  );
  if (await buildIsCurrent())
    return [
      ...preload,
      join(checkoutRoot, 'dist', `${relative(checkoutRoot, source).slice(0, -'ts'.length)}js`),
    ];
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return ['--import', tsx, ...preload, source];
}
