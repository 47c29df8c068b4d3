import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { checkoutRoot } from '../../../../setup/instance.ts';

/** What a made-up Docker engine has, one name a line. */
type DockerList = 'container' | 'volume' | 'network' | 'image';

/** A folder with made-up commands that stand before the real ones on PATH, and what they did. */
export interface FakeMachine {
  /** For programs of set-up: these commands, and state and cache in the folder. */
  readonly env: Record<string, string>;
  /** A PATH on which there are these commands alone. */
  readonly bin: string;
  /** Puts a command there; the shell script runs in the folder, after its call was noted. */
  command(name: string, script: string): void;
  /** Takes a command away; another one may put it back: `mv NAME.later bin/NAME`. */
  later(name: string): void;
  /** Each call of a made-up command, and what they say of themselves. */
  log(): string[];
  /** Sets what the engine has. */
  has(list: DockerList, names: readonly string[]): void;
  /** What the engine has. */
  list(list: DockerList): string[];
  /** Starts the engine, as somebody else would. */
  startEngine(): void;
  readonly engineRuns: boolean;
  /** Runs a program of the folder setup/. */
  run(program: string): Promise<{ exitCode: number | undefined; all: string }>;
}

const docker = `
[ "$1" = info ] || [ -e engine ] || { echo 'Cannot connect to the Docker daemon.' >&2; exit 1; }
last() { for name; do :; done; printf '%s\\n' "$name"; }
remove() { grep -vxF "$(last "$@")" "$list" > rest; mv rest "$list"; }
case "$1 $2" in
  info*) [ -e engine ] || { echo 'Cannot connect to the Docker daemon.' >&2; exit 1; }; echo 24.0.7 ;;
  'ps --all') cat container ;;
  'ps -q') cat container ;;
  'volume ls') cat volume ;;
  'network ls') cat network ;;
  'images '*) cat image ;;
  'rm '*) list=container; remove "$@" ;;
  'volume rm') list=volume; remove "$@" ;;
  'network rm') list=network; remove "$@" ;;
  'rmi '*) list=image; remove "$@" ;;
  *) exit 1 ;;
esac
`;

const dockerd = `
trap 'rm engine; echo "engine stopped" >> log; kill $!; exit 0' TERM
echo 'engine started' >> log; : > engine
sleep 600 & wait
`;

const systemctl = `
case "$1" in
  start) echo 'engine started' >> log; : > engine ;;
  stop) echo 'engine stopped' >> log; rm engine ;;
esac
`;

/** A machine with a Docker engine that is not running. */
export function fakeMachine(): FakeMachine {
  const folder = mkdtempSync(join(tmpdir(), 'fdts-ops-machine-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const env = {
    PATH: [bin, process.env['PATH'] ?? ''].join(delimiter),
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    FDTS_OPS_INSTANCE: 'fake',
    DOCKER_HOST: '',
    CI: 'true',
  };
  const lines = (name: string) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean);
  const machine: FakeMachine = {
    env,
    bin,
    command: (name, script) => {
      const noted = `#!/bin/sh\nPATH=/usr/bin:/bin\ncd '${folder}' || exit 1\necho "${name} $*" >> log\n${script}`;
      writeFileSync(join(bin, name), noted);
      chmodSync(join(bin, name), 0o755);
    },
    later: (name) => renameSync(join(bin, name), join(folder, `${name}.later`)),
    log: () => lines('log'),
    has: (list, names) => writeFileSync(join(folder, list), names.map((name) => `${name}\n`).join('')),
    list: (list) => lines(list),
    startEngine: () => appendFileSync(join(folder, 'engine'), ''),
    get engineRuns() {
      return existsSync(join(folder, 'engine'));
    },
    run: async (program) => {
      const args = ['--import', 'tsx', join(checkoutRoot, 'setup', program)];
      const options = { cwd: checkoutRoot, env, reject: false, all: true, stdin: 'ignore' } as const;
      const { exitCode, all } = await execa(process.execPath, args, options);
      return { exitCode, all };
    },
  };
  machine.command('docker', docker);
  machine.command('dockerd', dockerd);
  machine.command('systemctl', systemctl);
  for (const list of ['container', 'volume', 'network', 'image', 'log'] as const)
    writeFileSync(join(folder, list), '');
  return machine;
}
