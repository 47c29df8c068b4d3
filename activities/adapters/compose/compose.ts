import { stringify } from 'yaml';
import type { Command } from '../command/command.ts';
import type { ComposeTool } from './tool.ts';

/** A compose project on this host, and how it is called there. */
export type ComposeProject = {
  readonly tool: ComposeTool;
  readonly name: string;
  readonly folder: string;
  /** The compose files, as found by `findComposeFiles`. */
  readonly files: readonly string[];
  /** The owner of the env file when the worker itself cannot read it. */
  readonly runAs?: Command['runAs'];
};

/** Takes the project's containers and networks away; its volumes and images stay, always. */
export const composeDown = (
  project: ComposeProject,
  { timeoutSeconds }: { readonly timeoutSeconds: number },
): Command => compose(project, ['down', '--timeout', String(timeoutSeconds)]);

/** Stops services and runs their `pre_stop` hooks; the containers stay. A container that does not end in time is killed. */
export const composeStop = (
  project: ComposeProject,
  services: readonly string[],
  { timeoutSeconds }: { readonly timeoutSeconds: number },
): Command => compose(project, ['stop', '--timeout', String(timeoutSeconds), ...services]);

/** How services are started. `noBuild` is not optional: an image is never built as a side effect of a start. */
export type UpOptions = {
  readonly noBuild: true;
  readonly noDeps?: boolean;
  readonly forceRecreate?: boolean;
  /** Only makes the containers: so that something can be set before they first run. */
  readonly noStart?: boolean;
  readonly overrideFile?: string;
};

/** Starts services (none named: all) from the images that their tags point to; only what changed is made anew. */
export const composeUp = (
  project: ComposeProject,
  services: readonly string[],
  options: UpOptions,
): Command => {
  const { noDeps = false, forceRecreate = false, noStart = false, overrideFile } = options;
  const flags = [
    noStart ? '--no-start' : '--detach',
    '--no-build',
    // A pull policy of the compose file would move the tag that was just set. Version 1 knows none.
    ...(project.tool.version.startsWith('1.') ? [] : ['--pull', 'never']),
    ...(noDeps ? ['--no-deps'] : []),
    ...(forceRecreate ? ['--force-recreate'] : []),
  ];
  return compose(project, ['up', ...flags, ...services], overrideFile);
};

/** How a service is built. `pull`: only for a base image that a registry has; it fails for one made on the host. */
export type BuildOptions = {
  readonly overrideFile: string;
  readonly noCache?: boolean;
  readonly pull?: boolean;
};

/** Builds one service under the name that the override file gives it (see `runImageOverride`). */
export const composeBuild = (project: ComposeProject, service: string, options: BuildOptions): Command => {
  const { overrideFile, noCache = false, pull = false } = options;
  const flags = [...(noCache ? ['--no-cache'] : []), ...(pull ? ['--pull'] : [])];
  return compose(project, ['build', ...flags, service], overrideFile);
};

/** Pulls the image of one service. */
export const composePull = (project: ComposeProject, service: string): Command =>
  compose(project, ['pull', service]);

/** Prints the resolved project, secrets of env files included: only for `readComposeModel`. */
export const composeConfig = (project: ComposeProject): Command => compose(project, ['config']);

/** Prints a hash of what each service is made from: its container carries the one of then (see `readComposeHashes`). */
export const composeHashes = (project: ComposeProject): Command =>
  compose(project, ['config', '--hash', '*']);

/** The hash of each service, out of what `composeHashes` printed. */
export const readComposeHashes = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [service = '', hash, ...more] = line.trim().split(/\s+/);
      return hash === undefined || more.length > 0 ? [] : [[service, hash]];
    }),
  );

/** A compose file that gives a service's image another name, so that a build never moves the service's own tag. */
export const runImageOverride = (service: string, image: string): string =>
  stringify({ services: { [service]: { image } } });

const compose = (project: ComposeProject, args: readonly string[], overrideFile?: string): Command => {
  const [program, ...subcommand] = project.tool.argv;
  const files = [...project.files, ...(overrideFile === undefined ? [] : [overrideFile])];
  return {
    argv: [
      program,
      ...subcommand,
      '--project-name',
      project.name,
      ...files.flatMap((file) => ['--file', file]),
      ...args,
    ],
    cwd: project.folder,
    // Its errors quote values of env files that it put into the project.
    secretOutput: true,
    ...(project.runAs === undefined ? {} : { runAs: project.runAs }),
  };
};
