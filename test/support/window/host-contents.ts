import { createHash } from 'node:crypto';
import type { SandboxHost } from '../../../sandbox/host.ts';
import { dataFingerprint } from '../../../setup/demo/data-fingerprint.ts';
import { containersAndImages } from './host-state.ts';

/** Everything of a host that a run without effect leaves as it was, by name. */
export async function hostContents(host: SandboxHost): Promise<Record<string, unknown>> {
  const run = async (...argv: string[]): Promise<string> => (await host.exec(argv)).stdout;
  const notData = ['-not', '-path', '/opt/fdts/data/*', '-not', '-path', '/opt/fdts/.fdts-ops/*'];
  return {
    containersAndImages: await containersAndImages(host),
    data: await dataFingerprint(host),
    auditRows: await run('sqlite3', '-readonly', '/opt/fdts/data/database.sqlite', COUNT),
    files: hash(await run('find', '/opt/fdts', '-type', 'f', ...notData, '-exec', 'sha256sum', '{}', '+')),
    packages: hash(await run('dpkg-query', '-W')),
    // Counters move with every packet; the rules do not.
    firewall: (await run('iptables-save')).replaceAll(/\[\d+:\d+\]|^#.*$/gm, ''),
  };
}

const COUNT = 'SELECT count(*), max(id) FROM audit_logs';

function hash(lines: string): string {
  return createHash('sha256').update(lines.split('\n').sort().join('\n')).digest('hex');
}
