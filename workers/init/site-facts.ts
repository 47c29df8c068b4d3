import type { ComposeContainer } from '../../activities/adapters/docker/projects.ts';
import type { FolderFacts } from '../../activities/adapters/site/examine-folder.ts';
import type { HealthSearch } from '../../activities/adapters/site/find-health.ts';
import type { FoundUnit } from '../../activities/adapters/site/find-units.ts';
import type { DataPlaces } from './choose-data.ts';
import type { Roles } from './choose-roles.ts';

/** What was found on a host about one compose project: the ground of its first configuration. */
export interface SiteFacts {
  readonly hostname: string;
  readonly timezone: string;
  readonly project: string;
  readonly folder: string;
  /** The mount of the project's folder; null: there is no such folder. */
  readonly mount: string | null;
  readonly containers: readonly ComposeContainer[];
  readonly folders: readonly FolderFacts[];
  readonly roles: Roles;
  readonly places: DataPlaces;
  /** Of the database; null when it could not be read as its owner, see `databaseProblem`. */
  readonly tables: readonly string[] | null;
  readonly databaseProblem: string | null;
  readonly units: readonly FoundUnit[];
  readonly envFiles: readonly string[];
  readonly health: HealthSearch;
  readonly proxyHealth: HealthSearch;
}

/** A key of the configuration with its value, and where that came from. */
export interface Suggestion {
  readonly key: string;
  readonly value: unknown;
  /** `found`: seen on the host. `guess`: the likely one. `to do`: a person has to put it there. */
  readonly how: 'found' | 'guess' | 'to do';
  /** How it was found, or what to put there. */
  readonly text: string;
}
