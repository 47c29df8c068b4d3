import type { Finding } from '../explain-issue.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';
import { bundleRules } from './bundle.ts';
import { foldersApart } from './folders-apart.ts';
import { foldersThatLast } from './folders-that-last.ts';
import { freezeRules } from './freezes.ts';
import { incidentRules } from './incident.ts';
import { notificationRules } from './notifications.ts';
import { requestRules } from './requests.ts';

/** Every rule between keys of a host file. Keys that are wrong by themselves are missing here and break no rule. */
export function hostRules(host: Partly<ParsedHost>): Finding[] {
  return [
    ...hostScriptHasAFolder(host),
    ...foldersApart(host),
    ...foldersThatLast(host),
    ...requestRules(host),
    ...servicesDiffer(host),
    ...windowHolds(host),
    ...portsDiffer(host),
    ...notificationRules(host),
    ...bundleRules(host),
    ...freezeRules(host),
    ...incidentRules(host),
  ];
}

function hostScriptHasAFolder({ backups, emergency }: Partly<ParsedHost>): Finding[] {
  const name = backups?.command?.hostScript;
  if (!name || emergency === undefined || emergency.scripts !== null) return [];
  const got = `${JSON.stringify(name)}, and emergency.scripts is null`;
  const expected =
    'emergency.scripts, the folder of root that the script lies in, such as /etc/fdts-ops/emergency.d';
  return [{ keys: ['backups', 'command', 'hostScript'], got, expected }];
}

function servicesDiffer({ services }: Partly<ParsedHost>): Finding[] {
  const names = Object.entries(services ?? {});
  return names.flatMap(([key, name], index) => {
    const earlier = names.slice(0, index).find(([, other]) => other === name);
    if (name === undefined || name === null || earlier === undefined) return [];
    const got = `${JSON.stringify(name)}, which is also services.${earlier[0]}`;
    return [{ keys: ['services', key], got, expected: 'another service for each' }];
  });
}

function windowHolds({ maintenance }: Partly<ParsedHost>): Finding[] {
  const { window, watch, stopTimeout, healthTimeout } = maintenance ?? {};
  if (!window || !watch || !stopTimeout || !healthTimeout) return [];
  const least = 2 * (stopTimeout + healthTimeout) + watch;
  if (window >= least) return [];
  const got = `${window} s`;
  const expected = `at least ${least} s: a stop and a start (stopTimeout, healthTimeout), the same again for a rollback, and watch`;
  return [{ keys: ['maintenance', 'window'], got, expected }];
}

function portsDiffer({ worker, checks }: Partly<ParsedHost>): Finding[] {
  const taken = new Map<number, string>();
  for (const key of ['healthUrl', 'proxyUrl'] as const) {
    const url = checks?.[key];
    if (url !== undefined) taken.set(portOf(new URL(url)), `checks.${key}`);
  }
  return (['healthPort', 'metricsPort'] as const).flatMap((key) => {
    const port = worker?.[key];
    if (!port) return [];
    const holder = taken.get(port);
    taken.set(port, `worker.${key}`);
    if (holder === undefined) return [];
    return [
      {
        keys: ['worker', key],
        got: `${port}, the port of ${holder}`,
        expected: 'a port that nothing else uses',
      },
    ];
  });
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}
