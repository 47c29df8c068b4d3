import { shellQuote } from '../../../workflows/contracts/shell-quote.ts';

/**
 * A program to run, as data: built by pure functions and run by `runCommand`, so that a dry run and the
 * report print exactly what is run. Secrets go into `input` or a file, never into `argv` or `env`.
 */
export type Command = {
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  /** Added to the worker's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input; never shown. */
  readonly input?: string;
  /** Run as this user instead of the worker's own: the owner of the files that it reads. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** Its output may hold secrets: an error then never quotes it. */
  readonly secretOutput?: true;
};

/** The command as a person would paste it into a shell: quoted, with its folder and variables, without its input. */
export const displayCommand = ({ argv, cwd, env, runAs }: Command): string => {
  const user =
    runAs === undefined ? [] : runAs.uid === 0 ? ['sudo'] : ['sudo', '-u', shellQuote(`#${runAs.uid}`)];
  const variables = Object.entries(env ?? {}).map(([name, value]) => `${name}=${shellQuote(value)}`);
  const line = [...user, ...variables, ...argv.map(shellQuote)].join(' ');
  return cwd === undefined ? line : `cd ${shellQuote(cwd)} && ${line}`;
};
