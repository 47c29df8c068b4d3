import type { SandboxHost } from '../../../sandbox/host.ts';

/** What lies in a host's Docker besides FDTS: things that a clean-up must leave, and things that it may take. */
export interface OtherPeoplesDocker {
  /** Which of the things that must stay are gone; empty when none is. */
  missing(): Promise<string[]>;
  /** Which of the things that nothing uses are still there. */
  left(): Promise<string[]>;
}

const SHOP = 'com.docker.compose.project=shop';

/** Makes another project's volume, image and stopped container, names that people gave, and rubbish of every kind. */
export async function otherPeoplesDocker(host: SandboxHost): Promise<OtherPeoplesDocker> {
  const docker = async (...argv: string[]) => (await host.exec(['docker', ...argv])).stdout.trim();
  const dangling = async (...labels: string[]) => {
    const argv = [
      'docker',
      'build',
      '--quiet',
      '--no-cache',
      ...labels.flatMap((label) => ['--label', label]),
      '-',
    ];
    return (
      await host.exec(argv, { input: 'FROM fdts-runtime:20\nRUN echo of-a-build > /rubbish\n' })
    ).stdout.trim();
  };
  await docker('tag', 'fdts-runtime:20', 'shop_db:1');
  const stays: readonly (readonly [string, string])[] = [
    ['volume', await docker('volume', 'create', '--label', SHOP, 'shop_data')],
    ['volume', await docker('volume', 'create', 'orders-of-2019')],
    ['container', await docker('create', '--label', SHOP, 'shop_db:1', 'true')],
    ['network', await docker('network', 'create', '--label', SHOP, 'shop_default')],
    ['image', 'shop_db:1'],
    ['image', await dangling(SHOP)],
  ];
  const oneOff = ['--label', 'com.docker.compose.project=fdts', '--label', 'com.docker.compose.oneoff=True'];
  const goes: readonly (readonly [string, string])[] = [
    ['image', await dangling()],
    ['container', await docker('create', ...oneOff, 'fdts-runtime:20', 'true')],
    ['container', await docker('create', 'fdts-runtime:20', 'true')],
    ['network', await docker('network', 'create', 'forgotten')],
    ['volume', await docker('volume', 'create')],
  ];
  const isThere = async ([kind, id]: readonly [string, string]) =>
    (await host.exec(['docker', kind, 'inspect', id], { check: false })).exitCode === 0;
  const named = async (things: typeof stays, wanted: boolean) => {
    const found = await Promise.all(things.map(isThere));
    return things.filter((_, index) => found[index] === wanted).map((thing) => thing.join(' '));
  };
  return { missing: () => named(stays, false), left: () => named(goes, true) };
}
