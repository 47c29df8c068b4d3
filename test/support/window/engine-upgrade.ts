import type { SandboxHost } from '../../../sandbox/host.ts';

/**
 * Installs `fdts-engine` 1.0 and offers 1.1, whose set-up restarts Docker with the command that those of Debian's own
 * packages use. No newer docker.io than the host has can be made for a test. Gives what takes both away again.
 */
export async function offerEngineUpgrade(host: SandboxHost): Promise<() => Promise<void>> {
  await host.exec(['sh', '-c', OFFER]);
  return async () => {
    await host.exec(['sh', '-c', TAKE_AWAY]);
  };
}

/** When Docker came up last, in seconds since the epoch. */
export async function engineCameUp(host: SandboxHost): Promise<number> {
  const shown = ['systemctl', 'show', '--timestamp=unix', '-p', 'ActiveEnterTimestamp', '--value'];
  return Number((await host.exec([...shown, 'docker.service'])).stdout.replace('@', ''));
}

const OFFER = `set -e
cd /srv/apt
cp -p Packages Packages.before
make() {
  tree=$(mktemp -d); chmod 755 $tree; mkdir $tree/DEBIAN
  printf 'Package: fdts-engine\\nVersion: %s\\nArchitecture: all\\nMaintainer: FDTS Sandbox <ops@fdts.example>\\nDescription: restarts Docker\\n' $1 > $tree/DEBIAN/control
  if [ $1 = 1.1 ]; then printf '#!/bin/sh\\ndeb-systemd-invoke restart docker.service || true\\n' > $tree/DEBIAN/postinst; chmod 755 $tree/DEBIAN/postinst; fi
  dpkg-deb --build --root-owner-group $tree fdts-engine_$1.deb > /dev/null
  rm -r $tree
}
make 1.0; make 1.1
dpkg -i fdts-engine_1.0.deb > /dev/null
file=fdts-engine_1.1.deb
{ dpkg-deb --field $file; echo "Filename: ./$file"; echo "Size: $(stat -c %s $file)"; echo "SHA256: $(sha256sum $file | cut -d' ' -f1)"; echo; } >> Packages`;

const TAKE_AWAY = `set -e
cd /srv/apt
mv Packages.before Packages
rm fdts-engine_*.deb
dpkg --purge fdts-engine > /dev/null
apt-get update -qq`;
