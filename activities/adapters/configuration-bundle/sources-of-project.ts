import path from 'node:path';
import type { ComposeModel, ComposeService } from '../compose/model.ts';
import { type BundleSource, type Excluded, isWithin, type LeftOut, whyExcluded } from './bundle-source.ts';

/** Where the configuration of FDTS lies, besides what its compose files name. Full paths. */
export interface ProjectPlaces {
  composeFiles: readonly string[];
  envFile: string | null;
  /** The systemd unit's file and its drop-ins. */
  unitFiles: readonly string[];
  /** fdts-ops' own configuration of this host. */
  ownConfig: string;
  /** The folder of the scripts that run as root, and the one of them that makes the backups; null where there is none. */
  scripts: string | null;
  backupScript: string | null;
  /** `bundle.paths` of the configuration. */
  extra: readonly string[];
}

/** What the bundle takes, as the resolved compose project says; and what it mounts or builds that is no configuration. */
export function sourcesOfProject(
  model: ComposeModel,
  places: ProjectPlaces,
  excluded: readonly Excluded[],
): { sources: BundleSource[]; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const sources: BundleSource[] = [
    ...places.composeFiles.map((file): BundleSource => ({ what: 'compose file', path: file, need: 'must' })),
    ...(places.envFile === null
      ? []
      : [{ what: 'environment file', path: places.envFile, need: 'must' } as const]),
    { what: "fdts-ops' own configuration", path: places.ownConfig, need: 'found' },
    ...places.unitFiles.map((file): BundleSource => ({ what: 'systemd unit', path: file, need: 'found' })),
    ...scriptsOf(places),
    ...places.extra.map((file): BundleSource => ({ what: 'bundle.paths', path: file, need: 'asked' })),
  ];
  for (const [name, service] of Object.entries(model.services)) {
    sources.push(...mounted(name, service, { places, excluded, leftOut }), ...built(name, service, leftOut));
  }
  return { sources: mergeEqual(sources), leftOut: mergeEqual(leftOut) };
}

/** Without them no backup could be made after a recovery. */
function scriptsOf({ scripts, backupScript }: ProjectPlaces): BundleSource[] {
  if (scripts === null) return [];
  const instead = backupScript === null ? {} : { insteadIfTooLarge: [path.join(scripts, backupScript)] };
  return [{ what: 'emergency.scripts', path: scripts, need: 'found', ...instead }];
}

interface Choice {
  places: ProjectPlaces;
  excluded: readonly Excluded[];
  leftOut: LeftOut[];
}

function mounted(
  name: string,
  { mounts }: ComposeService,
  { places, excluded, leftOut }: Choice,
): BundleSource[] {
  const project = path.dirname(places.composeFiles[0] ?? '/');
  return mounts.flatMap(({ type, source }): BundleSource[] => {
    if (source === null || type === 'tmpfs') return [];
    if (type !== 'bind') {
      leftOut.push({ path: `volume ${source}`, why: `of ${name}: volumes are not taken${ADD}` });
      return [];
    }
    const isOfProject = source !== project && isWithin(source, project);
    const why = whyExcluded(excluded, source);
    const reason = why ?? (isOfProject ? undefined : ofTheSystem(source));
    if (reason === undefined) return [{ what: `mounted into ${name}`, path: source, need: 'found' }];
    leftOut.push({ path: source, why: reason });
    return [];
  });
}

function built(name: string, { build }: ComposeService, leftOut: LeftOut[]): BundleSource[] {
  if (build === null) return [];
  const { context } = build;
  if (!path.isAbsolute(context)) {
    leftOut.push({ path: context, why: `build context of ${name}: not a folder of this host` });
    return [];
  }
  const dockerfile = path.resolve(context, build.dockerfile);
  const instead = [dockerfile, path.join(context, '.dockerignore')];
  const what = `build context of ${name}`;
  return [
    { what, path: context, need: 'found', insteadIfTooLarge: instead },
    ...(isWithin(dockerfile, context)
      ? []
      : [{ what: `Dockerfile of ${name}`, path: dockerfile, need: 'found' } as const]),
  ];
}

const ADD = '; when it is configuration, name its files in bundle.paths';
const PSEUDO = ['/proc', '/sys', '/dev', '/run', '/var/run', '/tmp', '/var/tmp', '/var/lib/docker'];
const BROAD = ['/', '/etc', '/home', '/lib', '/media', '/mnt', '/opt', '/root', '/srv', '/usr', '/var'];

/** Why a mounted path is no configuration of FDTS, when it belongs to the system. */
function ofTheSystem(source: string): string | undefined {
  if (PSEUDO.some((place) => isWithin(source, place))) return 'made anew by the system or Docker';
  if (BROAD.includes(source) || source === '/var/lib' || source === '/var/log') {
    return `shared with everything else there${ADD}`;
  }
  return isWithin(source, '/var/log') ? `logs${ADD}` : undefined;
}

function mergeEqual<Named extends { path: string }>(items: readonly Named[]): Named[] {
  return items.filter(({ path: one }, index) => items.findIndex((other) => other.path === one) === index);
}
