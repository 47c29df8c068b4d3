import { type CommandOptions, type CommandResult, docker } from './docker.ts';
import { hostRunArguments } from './host-run-arguments.ts';
import { waitUntil } from './wait-until.ts';

/** Volumes of a host: what on a real machine is its own disk (`docker`, `project`) and a second one (`external`). */
export interface HostVolumes {
  readonly docker: string;
  readonly project: string;
  readonly external: string;
}

/** How to run a command on a host; `user` is a name or uid on the host, default root. */
export interface ExecOptions extends CommandOptions {
  readonly user?: string;
  readonly cwd?: string;
}

/** Starts a host container and gives its id; `extra` are further `docker run` arguments. */
export function runHostContainer(
  name: string,
  image: string,
  volumes: HostVolumes,
  extra: readonly string[] = [],
): Promise<string> {
  const { docker: engine, project, external } = volumes;
  const disks = { '/var/lib/docker': engine, '/opt/fdts': project, '/mnt/external': external };
  return runMachine(name, image, disks, extra);
}

/** As `runHostContainer`, with other disks: which volume lies at which path. */
export async function runMachine(
  name: string,
  image: string,
  disks: Readonly<Record<string, string>>,
  extra: readonly string[] = [],
): Promise<string> {
  const { stdout } = await docker([
    'run',
    '--detach',
    '--name',
    name,
    '--hostname',
    name,
    '--label',
    'fdts-ops=1',
    ...(await hostRunArguments()),
    ...Object.entries(disks).map(([path, volume]) => `--volume=${volume}:${path}`),
    ...extra,
    image,
  ]);
  return stdout;
}

/** Runs one program with literal arguments on a host. */
export function execOnHost(
  name: string,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<CommandResult> {
  const { user, cwd, ...rest } = options;
  const where = [...(user ? ['--user', user] : []), ...(cwd ? ['--workdir', cwd] : [])];
  const interactive = rest.input === undefined ? [] : ['--interactive'];
  return docker(['exec', ...interactive, ...where, name, ...argv], rest);
}

/** Waits until the host's own engine answers. */
export async function waitForEngine(name: string): Promise<void> {
  await waitUntil(
    `the engine of sandbox host ${name} answers (see: docker exec ${name} journalctl -u docker)`,
    async () => (await execOnHost(name, ['docker', 'info'], { check: false })).exitCode === 0,
    90_000,
    200,
  );
}
