/** Asks a person for leave to do something to the machine. */
export type Ask = (question: string) => Promise<boolean>;

/** Asks at the terminal; with CI=true or nobody at the terminal it says so and goes on. */
export const askAtTerminal: Ask;
/** Asks once about all these packages: the answer holds for this program and those that it starts. */
export function askOnce(names: readonly string[], question: string, ask?: Ask): Promise<void>;
/** What was answered about all of these packages; undefined when nobody was asked about one of them. */
export function answerFor(names: readonly string[], environment?: NodeJS.ProcessEnv): boolean | undefined;
