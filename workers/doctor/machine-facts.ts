import type { Health } from '../../activities/adapters/app/check-health.ts';
import type { ComposeTool } from '../../activities/adapters/compose/tool.ts';
import type { DatabaseInspection } from '../../activities/adapters/data-owner/operations/inspect-database.ts';
import type { UploadsSeen } from '../../activities/adapters/data-owner/operations/look-through-uploads.ts';
import type { Obstacle } from '../../activities/adapters/data-owner/restore/require-movable.ts';
import type { ProjectContainer } from '../../activities/adapters/docker/containers.ts';
import type { PathFacts } from '../../activities/adapters/site/path-facts.ts';

/** What a machine is like where a configuration speaks of it: the ground of what `doctor` says. */
export interface MachineFacts {
  /** By path: every file and folder that the configuration names. */
  readonly paths: Readonly<Record<string, PathFacts>>;
  /** Folders that the owner of the data may not write. */
  readonly notWritable: readonly string[];
  /** Of every project, by name. */
  readonly projects: readonly string[];
  readonly containers: readonly ProjectContainer[];
  readonly composeTools: readonly ComposeTool[];
  /** Whether containers outlive a restart of the engine; null: it does not answer. */
  readonly liveRestore: boolean | null;
  readonly unit: { readonly state: string; readonly holds: boolean } | null;
  readonly database: DatabaseInspection | Problem;
  /** Services that mount the file of the database itself, not a folder that it is in. */
  readonly databaseMounters: readonly string[];
  /** What a backup would have of the uploads. */
  readonly uploads: UploadsSeen | Problem;
  /** What would keep a restore from being made where the data lies. */
  readonly restoreObstacles: readonly Obstacle[] | Problem;
  /** Why the second copy of the backups would be lost with the first one; null: it would not, or there is none. */
  readonly externalNotApart: string | null;
  /** Of the database and the uploads; null when it could not be told in time. */
  readonly dataBytes: number | null;
  readonly health: Health;
  readonly proxyHealth: Health;
  /** null: not configured. */
  readonly login: 'works' | Problem | null;
  /** null: not configured, or not asked for. */
  readonly upload: 'works' | Problem | null;
  readonly canWorkerReadPassword: boolean;
  readonly timezone: string;
  /** Whether the installed root-task is that of this program; null: one of them is not there. */
  readonly rootTaskFits: boolean | null;
  /** What the worker's own health endpoint says; its `version`: what the configuration was when it read it. */
  readonly worker: Health;
  /** What the configuration is now. */
  readonly configuration: string;
}

/** Why something does not work, and what to do. */
export interface Problem {
  readonly problem: string;
  readonly hint: string;
}
