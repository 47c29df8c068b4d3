import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';

/** Runs a script's main function; its number is the exit code. Known problems print no stack. */
export async function runMain(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    say(
      error instanceof SetUpError
        ? error.message
        : error instanceof Error
          ? String(error.stack)
          : String(error),
    );
    process.exitCode = 1;
  }
}
