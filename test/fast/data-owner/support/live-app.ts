import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { owner } from './build-site.ts';

/** What an app wrote until it was stopped. */
export interface Written {
  written: number;
  errors: number;
  /** Of one write, until it was committed or had failed. */
  longestMs: number;
}

/** Starts an app that writes so many transactions a second, and waits until it does. */
export async function startApp(database: string, perSecond: number): Promise<ChildProcess> {
  const program = new URL('./write-steadily.mjs', import.meta.url);
  const app = fork(program, [database, String(perSecond)], owner);
  onTestFinished(() => void app.kill('SIGKILL'));
  await once(app, 'message');
  return app;
}

export async function stopApp(app: ChildProcess): Promise<Written> {
  const answered = once(app, 'message');
  app.send('stop');
  const [message]: Written[] = await answered;
  if (message === undefined) throw new Error('the app did not answer');
  return message;
}
