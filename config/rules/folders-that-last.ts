import type { Finding } from '../explain-issue.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';
import { isWithin } from '../path-field.ts';
import { ownPlaces } from './own-places.ts';

const GONE_AFTER_REBOOT = ['/tmp', '/run', '/var/run', '/dev', '/proc', '/sys', '/var/tmp'];
const OF_THE_SYSTEM = [
  '/bin',
  '/boot',
  '/etc',
  '/lib',
  '/lib64',
  '/sbin',
  '/usr',
  '/var/lib/docker',
  '/var/lib/dpkg',
];
/** The content of a named volume lasts; whether its owner may enter it is doctor's business. */
const IN_A_VOLUME = /^\/var\/lib\/docker\/volumes\/[^/]+\/_data(\/|$)/;
const TOO_BROAD = ['/', '/home', '/media', '/mnt', '/opt', '/root', '/srv', '/var', '/var/lib', '/var/log'];

/** No folder of ours is cleared by a reboot, readable by everybody, part of the system, or so broad that it holds others' files. */
export function foldersThatLast(host: Partly<ParsedHost>): Finding[] {
  const project = host.project?.folder;
  const places = [
    ...ownPlaces(host),
    ...(project === undefined ? [] : [{ keys: ['project', 'folder'], what: 'the project', folder: project }]),
  ];
  return places.flatMap(({ keys, what, folder }) => {
    const fault = faultOf(folder);
    if (fault === undefined) return [];
    return [
      {
        keys,
        got: `${JSON.stringify(folder)}, which is ${fault}`,
        expected: `${what} in a lasting folder of its own`,
      },
    ];
  });
}

function faultOf(folder: string): string | undefined {
  if (TOO_BROAD.includes(folder)) return 'shared with everything else there';
  if (GONE_AFTER_REBOOT.some((root) => isWithin(folder, root)))
    return 'cleared by a reboot or open to every user';
  if (IN_A_VOLUME.test(folder)) return undefined;
  if (OF_THE_SYSTEM.some((root) => isWithin(folder, root))) return 'part of the system';
  return undefined;
}
