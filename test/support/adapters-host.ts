import { copyFile, cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { removeSandboxHost, type SandboxHost, startSandboxHost } from '../../sandbox/host.ts';
import { ensureNetwork, removeNetwork } from '../../sandbox/network.ts';
import { sandboxHostConfig } from '../../setup/sandbox-host-config.ts';
import { shipProgram } from '../../setup/ship-program.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** A sandbox host with the program installed as on a real one, its worker not started. */
export type AdaptersHost = {
  readonly host: SandboxHost;
  /** Runs a module's text on the host, as the worker's user with the worker's rights; gives what it returns. */
  readonly run: (code: string) => Promise<unknown>;
  readonly remove: () => Promise<void>;
};

/** Starts it: the sources compiled, shipped and installed by the real installer. */
export const startAdaptersHost = async (name: string): Promise<AdaptersHost> => {
  await ensureNetwork(name);
  const host = await startSandboxHost({ name, network: name });
  const root = await compile();
  await host.copyTreeIn(shipProgram(root), '/opt/fdts-ops');
  await rm(root, { recursive: true });
  await execa('docker', ['cp', await realpath(process.execPath), `${name}:/usr/local/bin/node`]);
  await host.writeFile('/root/host.yml', sandboxHostConfig());
  const install = [
    '/opt/fdts-ops/packaging/install-host.sh',
    '--node',
    '/usr/local/bin/node',
    '--config',
    '/root/host.yml',
    '--no-start',
  ];
  await host.exec(install);
  return {
    host,
    run: (code) => runAsWorker(host, code),
    remove: async () => {
      await removeSandboxHost(name);
      await removeNetwork(name);
    },
  };
};

const compile = async (): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'fdts-ops-program-'));
  const compiler = ['-p', 'tsconfig.build.json', '--outDir', join(root, 'dist')];
  await execa('tsc', compiler, { cwd: checkout, preferLocal: true, localDir: checkout });
  for (const file of ['package.json', 'package-lock.json'])
    await copyFile(join(checkout, file), join(root, file));
  await cp(join(checkout, 'packaging'), join(root, 'packaging'), { recursive: true });
  await symlink(join(checkout, 'node_modules'), join(root, 'node_modules'));
  return root;
};

const rights = [
  'User=fdts-ops',
  'SupplementaryGroups=docker systemd-journal adm',
  'AmbientCapabilities=CAP_SETUID CAP_SETGID',
];

const runAsWorker = async (host: SandboxHost, code: string): Promise<unknown> => {
  const module = `
    const adapter = (name) => import('/opt/fdts-ops/dist/activities/adapters/' + name + '.js');
    const engine = async () => (await adapter('docker/docker')).connectDocker();
    const work = async () => { ${code} };
    const failed = ({ code, message, hint }) => ({ error: { code, message, hint } });
    process.stdout.write(JSON.stringify(await work().catch(failed)) ?? 'null');
  `;
  const argv = [
    'systemd-run',
    '--quiet',
    '--pipe',
    '--wait',
    ...rights.map((right) => `--property=${right}`),
  ];
  const { stdout } = await host.exec([
    ...argv,
    '/usr/local/bin/node',
    '--input-type=module',
    '--eval',
    module,
  ]);
  return JSON.parse(stdout);
};
