import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureSandboxBase } from '../../../setup/sandbox-base.ts';
import { listStarted } from '../../../setup/state.ts';
import { machineFolder } from '../../../setup/state-base.mjs';
import { type FakeMachine, fakeMachine } from './support/fake-machine.ts';

/** An engine that runs, with no image and no registry. */
const docker = `
case "$1" in
  pull) echo 'dial tcp: lookup registry-1.docker.io: no such host' >&2; exit 1 ;;
  import) cat > image.tar; tar -xOf image.tar ./etc/apt/sources.list >> log ;;
  *) exit 1 ;;
esac
`;

/** As the real one: the target is the argument after the release. */
const debootstrap = `
case "$1" in --version) exit 0 ;; esac
for name; do case "$name" in /*) target=$name ;; esac; done
mkdir -p "$target/etc/apt" && echo 'deb the-archive-that-debootstrap-knows bookworm main' > "$target/etc/apt/sources.list"
`;

const aptOf = (targets: string) => `
case "$*" in
  *indextargets*) printf '${targets}' ;;
  *install*) for name; do echo "$name" >> installed; done; [ ! -e debootstrap.later ] || mv debootstrap.later bin/debootstrap ;;
esac
`;

let machine: FakeMachine;
beforeEach(() => {
  machine = fakeMachine();
  for (const [name, value] of Object.entries(machine.env)) vi.stubEnv(name, value);
  // Without the machine's own debootstrap; tar is the real one.
  vi.stubEnv('PATH', machine.bin);
  vi.stubEnv('FDTS_OPS_LEAVE_TO_INSTALL', undefined);
  vi.spyOn(process, 'getuid').mockReturnValue(0);
  machine.command('docker', docker);
  machine.command('tar', 'exec tar "$@"');
  machine.command('dpkg-query', 'touch installed; while read -r name; do echo "$name ii "; done < installed');
  machine.command('apt-get', aptOf(''));
  machine.command('debootstrap', debootstrap);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the base image, where an engine runs and no registry answers', () => {
  it('is made on a machine without debootstrap, which is installed and remembered', async () => {
    machine.later('debootstrap');
    await ensureSandboxBase();
    const names = listStarted('packages', machineFolder()).flatMap(({ thing }) => thing.names);
    expect(names).toEqual(['debian-archive-keyring', 'debootstrap']);
    expect(machine.log()).toContainEqual(
      expect.stringMatching(/^docker import .* fdts-ops-sandbox\/debian:/),
    );
  });

  it("comes from the archives of the machine's own apt", async () => {
    machine.command('apt-get', aptOf('Debian Debian http://mirror.example/debian main\\n'));
    await ensureSandboxBase();
    expect(machine.log()).toContainEqual(
      expect.stringMatching(/^debootstrap --variant=minbase bookworm \S+ http:\/\/mirror\.example\/debian$/),
    );
    expect(machine.log()).toContain('deb http://mirror.example/debian bookworm main');
  });

  it("comes on Ubuntu, whose apt knows no Debian, from debootstrap's own archive, with its signature checked", async () => {
    machine.command('apt-get', aptOf('Ubuntu Ubuntu http://mirror.example/ubuntu main\\n'));
    await ensureSandboxBase();
    expect(machine.log()).toContainEqual(
      expect.stringMatching(/^debootstrap --force-check-gpg --variant=minbase bookworm \S+$/),
    );
    expect(machine.log()).toContain('deb the-archive-that-debootstrap-knows bookworm main');
  });

  it('cannot be made by others than root: they are told both ways', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    await expect(ensureSandboxBase()).rejects.toThrow(
      /no base image[^]*got: .*no such host.*root only, this is user 1000[^]*next: .*docker pull debian:bookworm-slim/,
    );
  });

  it('that debootstrap fails to make is told with both reasons', async () => {
    machine.command(
      'debootstrap',
      '[ "$1" = --version ] || { echo "E: no route to the archive" >&2; exit 1; }',
    );
    await expect(ensureSandboxBase()).rejects.toThrow(/no such host[^]*no route to the archive[^]*next:/);
  });
});
