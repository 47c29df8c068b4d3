import type { SandboxHost } from './host.ts';

const manifests = 'http://127.0.0.1:5000/v2/fdts-nginx/manifests';
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * A new release. `broken`: it runs, but its health check fails for ever, for all or for who comes through the proxy;
 * `migrates`: it changes the schema at its start; `nginxUpdate: false` leaves nginx at 1.0.
 */
export interface Release {
  readonly version: string;
  readonly broken?: 'never-healthy' | 'not-for-users';
  readonly migrates?: true;
  readonly nginxUpdate?: boolean;
}

/**
 * Releases a version as developers do: the new source lies in /opt/fdts/app, to be built, and the registry's
 * `fdts-nginx:stable` is 1.1, to be pulled. Nothing that runs changes.
 */
export async function releaseVersion(host: SandboxHost, release: Release): Promise<void> {
  const { version, broken, migrates, nginxUpdate = true } = release;
  const content = { version, fault: broken, migrates };
  await host.writeFile('/opt/fdts/app/version.json', `${JSON.stringify(content)}\n`);
  if (nginxUpdate) await moveStableTag(host, '1.1');
}

/** The registry holds both versions from the start: the tag is pointed at another one. */
async function moveStableTag(host: SandboxHost, version: string): Promise<void> {
  const { stdout } = await host.exec([
    'curl',
    '-fsS',
    '-H',
    `Accept: ${manifestType}`,
    `${manifests}/${version}`,
  ]);
  const put = ['curl', '-fsS', '-X', 'PUT', '-H', `Content-Type: ${manifestType}`, '--data-binary', '@-'];
  await host.exec([...put, `${manifests}/stable`], { input: stdout });
}
