/** Where the command line writes, and the settings that it reads; tests give their own. */
export interface Terminal {
  /** Standard output: answers. */
  readonly out: (text: string) => void;
  /** Standard error: errors, and what happens meanwhile. */
  readonly err: (text: string) => void;
  /** Whether standard output is a screen on which lines can be drawn again. */
  readonly isScreen: boolean;
  /** In characters, now: a person may change it. */
  readonly screenSize: () => { readonly columns: number; readonly rows: number };
  readonly environment: NodeJS.ProcessEnv;
}

/** The terminal of this process. */
export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isScreen: process.stdout.isTTY,
  // Some terminals say 0.
  screenSize: () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }),
  environment: process.env,
};
