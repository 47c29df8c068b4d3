import type { CleanUpPlan, UnusedThing } from '../../workflows/contracts/weekly-plan.ts';
import type { EngineInventory, ListedContainer } from '../adapters/docker/inventory.ts';

/** What is never touched, and how old something has to be. */
export interface UnusedRule {
  /** This host's compose project. */
  readonly project: string;
  /** Names of volumes and networks in the project's compose files, as Docker has them. */
  readonly named: readonly string[];
  /** Repositories of the project's images: what was pulled from others may be another project's, pinned by its digest. */
  readonly repositories: readonly string[];
  /** Milliseconds since the epoch: what is younger stays. */
  readonly before: number;
}

const PROJECT = 'com.docker.compose.project';
const ONE_OFF = 'com.docker.compose.oneoff';
const OWN_LABEL = 'fdts-ops.';
const PREDEFINED = ['bridge', 'host', 'none', 'ingress', 'docker_gwbridge'];
/** As the engine names a volume that nobody gave a name. */
const UNNAMED_VOLUME = /^[0-9a-f]{64}$/;

/**
 * What nothing uses any more. `plain` can be nobody's: images without a name that were built here or are of the project's
 * own repositories, its one-off containers. `doubtful` may be: images pulled from elsewhere, stopped containers, unnamed volumes and networks that no compose project claims. Whatever carries a
 * compose label of another project, or a label or name of fdts-ops, is in neither.
 */
export function chooseUnused(found: EngineInventory, rule: UnusedRule): Omit<CleanUpPlan, 'buildCacheBytes'> {
  const images = sorted(imageThings(found, rule));
  const containers = sorted(containerThings(found, rule));
  const volumes = sorted(volumeThings(found, rule));
  const networks = sorted(networkThings(found, rule));
  const all = [images, containers, volumes, networks];
  return {
    plain: all.flatMap(({ plain }) => plain),
    doubtful: all.flatMap(({ doubtful }) => doubtful),
    spared: sparedLines(all.flatMap(({ spared }) => spared)),
  };
}

/** A thing with what becomes of it; a reason: why it stays. */
interface Judged extends UnusedThing {
  readonly verdict: 'plain' | 'doubtful' | { readonly stays: string };
}

function imageThings({ danglingImages, containers }: EngineInventory, rule: UnusedRule): Judged[] {
  const used = new Set(containers.map(({ imageId }) => imageId));
  return danglingImages
    .filter(({ id }) => !used.has(id))
    .map(({ id, labels, createdAt, bytes, pulledFrom }) => ({
      kind: 'image',
      id,
      name: short(id),
      bytes,
      verdict:
        stays(labels, createdAt, rule) ??
        (pulledFrom.every((repository) => rule.repositories.includes(repository)) ? 'plain' : 'doubtful'),
    }));
}

function containerThings({ containers }: EngineInventory, rule: UnusedRule): Judged[] {
  return containers.filter(isStopped).map(({ id, name, labels, finishedAt, createdAt, writableBytes }) => {
    const isOneOff = labels[PROJECT] === rule.project && labels[ONE_OFF] === 'True';
    const isOurs = labels[PROJECT] === rule.project;
    const verdict =
      stays(labels, finishedAt ?? createdAt, rule) ??
      (isOneOff ? 'plain' : isOurs ? { stays: 'a service of this project' } : 'doubtful');
    return { kind: 'container', id, name, bytes: writableBytes, verdict };
  });
}

function volumeThings({ volumes, containers }: EngineInventory, rule: UnusedRule): Judged[] {
  const used = new Set(containers.flatMap((container) => container.volumes));
  return volumes
    .filter(({ name }) => !used.has(name))
    .map(({ name, labels, createdAt }) => ({
      kind: 'volume',
      id: name,
      name: UNNAMED_VOLUME.test(name) ? short(name) : name,
      bytes: null,
      verdict:
        PROJECT in labels || rule.named.includes(name)
          ? { stays: 'a volume of a compose project' }
          : !UNNAMED_VOLUME.test(name)
            ? { stays: 'a volume that somebody named' }
            : createdAt === null
              ? { stays: 'of unknown age' }
              : (stays(labels, createdAt, rule) ?? 'doubtful'),
    }));
}

function networkThings({ networks, containers }: EngineInventory, rule: UnusedRule): Judged[] {
  const used = new Set(containers.flatMap((container) => container.networks));
  return networks
    .filter(({ id, name }) => !PREDEFINED.includes(name) && !used.has(name) && !used.has(id))
    .map(({ id, name, labels, createdAt }) => ({
      kind: 'network',
      id,
      name,
      bytes: null,
      verdict:
        PROJECT in labels || rule.named.includes(name)
          ? { stays: 'a network of a compose project' }
          : (stays(labels, createdAt, rule) ?? 'doubtful'),
    }));
}

/** Reasons that hold for everything. */
function stays(
  labels: Readonly<Record<string, string>>,
  since: string,
  { project, before }: UnusedRule,
): { readonly stays: string } | null {
  if (Object.keys(labels).some((label) => label.startsWith(OWN_LABEL)))
    return { stays: 'of a run of fdts-ops' };
  const owner = labels[PROJECT];
  if (owner !== undefined && owner !== project) return { stays: 'of another compose project' };
  if (!(Date.parse(since) < before)) return { stays: 'too young' };
  return null;
}

function isStopped({ state }: ListedContainer): boolean {
  return ['exited', 'dead', 'created'].includes(state);
}

interface Sorted {
  readonly plain: readonly UnusedThing[];
  readonly doubtful: readonly UnusedThing[];
  readonly spared: readonly { readonly kind: string; readonly why: string }[];
}

function sorted(things: readonly Judged[]): Sorted {
  const of = (wanted: 'plain' | 'doubtful') =>
    things.flatMap(({ verdict, ...thing }) => (verdict === wanted ? [thing] : []));
  return {
    plain: of('plain'),
    doubtful: of('doubtful'),
    spared: things.flatMap(({ kind, verdict }) =>
      typeof verdict === 'string' ? [] : [{ kind, why: verdict.stays }],
    ),
  };
}

function sparedLines(spared: Sorted['spared']): string[] {
  const counts = new Map<string, number>();
  for (const { kind, why } of spared) {
    const line = `${kind}, ${why}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${count} × ${line}`);
}

function short(id: string): string {
  return id.replace('sha256:', '').slice(0, 12);
}
