import { command } from '../docker.ts';

/** One repository of the Debian release that the sandbox uses. */
export interface DebianSource {
  readonly uri: string;
  readonly suite: string;
}

/** Debian release of every sandbox image. */
export const release = 'bookworm';

/**
 * Debian repositories that this machine's own apt uses, main archive first: where packages can be fetched from here.
 * Empty on a machine whose apt knows no Debian archive (Ubuntu) or that has no apt (Fedora).
 */
export async function debianSources(): Promise<readonly DebianSource[]> {
  const targets = await command(
    'apt-get',
    ['indextargets', '--format', '$(ORIGIN) $(LABEL) $(REPO_URI) $(COMPONENT)', 'Created-By: Packages'],
    { check: false, timeoutMs: 20_000 },
  );
  const found = new Map<string, DebianSource>();
  for (const line of targets.stdout.split('\n')) {
    const [origin, label, uri, component] = line.split(' ');
    if (origin !== 'Debian' || !uri || component !== 'main') continue;
    if (label === 'Debian') found.set('main', { uri, suite: release });
    if (label === 'Debian-Security') found.set('security', { uri, suite: `${release}-security` });
  }
  return ['main', 'security'].flatMap((kind) => found.get(kind) ?? []);
}
