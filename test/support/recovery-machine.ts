import { type BareHost, startBareHost } from '../../sandbox/bare-host.ts';
import type { CommandResult } from '../../sandbox/docker.ts';
import type { SandboxHost } from '../../sandbox/host.ts';
import { dockerPrefix } from '../../setup/docker-objects.ts';
import { waitUntilWorkerRuns } from '../../setup/install-host-worker.ts';
import { checkoutRoot } from '../../setup/instance.ts';
import { shipProgram } from '../../setup/ship-program.ts';

const PLACE = '/srv/recovery';

/** The machine that becomes FDTS once the old one is lost: no Docker on it, but what a person has kept off the old one. */
export interface RecoveryMachine {
  readonly host: BareHost;
  /** What the procedure is told: where on this machine archive, key and images lie. */
  readonly input: { readonly archive: string; readonly identityFile: string; readonly images: string };
  /** The one local command, without any server. */
  recoverSite(...options: string[]): Promise<CommandResult>;
  /** Its worker, as docs/recovery.md has it for the new machine. */
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  /** What a drill has left: containers, the project, copies. Empty when nothing. */
  leftOfDrill(): Promise<string>;
  /** Stops FDTS there, as a person does who makes it anew. */
  takeDown(): Promise<void>;
  /** Every file of FDTS there with its hash, and every container with its state. */
  contents(): Promise<string>;
}

/** Starts it, and carries over archive, bundle, key, and the images that no registry has. */
export async function startRecoveryMachine(old: SandboxHost, archive: string): Promise<RecoveryMachine> {
  const host = await startBareHost({ name: `${dockerPrefix()}-bare`, network: dockerPrefix() });
  const input = {
    archive: `${PLACE}/${archive}`,
    identityFile: `${PLACE}/bundle.key`,
    images: `${PLACE}/images.tar`,
  };
  await carryOver(old, host, archive);
  return {
    host,
    input,
    recoverSite: (...options) => {
      const program = ['node', '/opt/fdts-ops/dist/bin/fdts-ops.js', 'recover-site'];
      const from = ['--archive', input.archive, '--identity', input.identityFile];
      const how = ['--images', input.images, '--json', ...options];
      return host.exec([...program, ...from, ...how], { check: false, timeoutMs: 400_000 });
    },
    startWorker: async () => {
      const files = ['/etc/fdts-ops/smoke-password', '/etc/fdts-ops/host.env'];
      await host.exec(['chgrp', 'fdts-ops', ...files]);
      await host.exec(['chmod', '0640', ...files]);
      await host.exec(['systemctl', 'enable', '--quiet', '--now', 'fdts-ops-host']);
      await waitUntilWorkerRuns(host);
    },
    stopWorker: async () => void (await host.exec(['systemctl', 'disable', '--now', 'fdts-ops-host'])),
    leftOfDrill: async () => {
      const folders = '/var/lib/fdts-ops/copies /opt/fdts/.fdts-ops/copies';
      const script = `docker ps -aq; ls /opt/fdts/docker-compose.yml; find ${folders} -mindepth 1`;
      return (await host.exec(['bash', '-c', script], { check: false })).stdout;
    },
    takeDown: async () => {
      const script = 'systemctl disable --quiet fdts.service; docker ps -q | xargs docker stop --time 5';
      await host.exec(['bash', '-c', script]);
    },
    contents: async () => {
      const script =
        "find /opt/fdts -type f -exec sha256sum {} + | sort -k 2; docker ps -a --format '{{.Names}} {{.State}}' | sort";
      return (await host.exec(['bash', '-c', script])).stdout;
    },
  };
}

async function carryOver(old: SandboxHost, host: BareHost, archive: string): Promise<void> {
  const images = ['fdts-runtime:20', 'localhost:5000/fdts-nginx:stable'];
  await old.exec(['docker', 'save', '--output', '/root/images.tar', ...images]);
  const bundle = archive.replace('fdts_backup', 'fdts_config').replace('.tar.gz', '.tar.age');
  for (const name of [archive, `${archive}.manifest.json`, bundle, `${bundle}.manifest.json`])
    await host.copyFrom(old.name, `/opt/fdts/backups/${name}`, `${PLACE}/${name}`, '0644');
  await host.copyFrom(old.name, '/root/images.tar', `${PLACE}/images.tar`, '0644');
  await host.copyFrom(old.name, '/root/bundle.key', `${PLACE}/bundle.key`);
  await host.copyFrom(old.name, '/root/smoke-password', '/etc/fdts-ops/smoke-password');
  await host.copyFrom(old.name, '/etc/fdts-ops/host.env', '/etc/fdts-ops/host.env');
  await host.copyTreeIn(shipProgram(checkoutRoot), '/opt/fdts-ops');
}
