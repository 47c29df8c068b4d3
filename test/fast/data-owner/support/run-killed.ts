import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const program = fileURLToPath(
  new URL('../../../../activities/adapters/data-owner/child.ts', import.meta.url),
);
const preload = new URL('./kill-at-call.mjs', import.meta.url).href;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Runs an operation in the real child program, killed before its Nth file call; true when it was killed. */
export async function runKilled(operation: string, args: object, killAt: number): Promise<boolean> {
  const child = spawn(process.execPath, ['--import', tsx, '--import', preload, program], {
    cwd: '/',
    env: { PATH: process.env['PATH'], KILL_AT: String(killAt) },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin?.write(`${JSON.stringify({ operation, args })}\n`);
  const [code, signal]: unknown[] = await once(child, 'close');
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the child ended with ${String(code ?? signal)}`);
  return signal === 'SIGKILL';
}
