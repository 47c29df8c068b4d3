import { runCli } from '../../../client/run-cli.ts';

/** What one command line gave. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The JSON document on standard output. */
  readonly json: unknown;
}

/** A command line that still runs. */
export interface LiveCli {
  /** What it has written so far. */
  readonly written: { out: string; err: string };
  readonly done: Promise<number>;
}

/** Runs the command line in this process, as a script sees it (no screen). */
export async function cli(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<CliRun> {
  const { written, done } = liveCli(environment, ...args);
  const code = await done;
  return {
    code,
    ...written,
    get json(): unknown {
      return JSON.parse(written.out);
    },
  };
}

/** The same, to look at while it runs. */
export function liveCli(environment: NodeJS.ProcessEnv, ...args: string[]): LiveCli {
  const written = { out: '', err: '' };
  const done = runCli(args, {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    isScreen: false,
    screenSize: () => ({ columns: 80, rows: 24 }),
    environment,
  });
  return { written, done };
}
