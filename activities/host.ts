import type { HostConfig } from '../config/host-schema.ts';
import type { AppClient } from './adapters/app/app-client.ts';
import type { ComposeProject } from './adapters/compose/compose.ts';
import type { DataOwner } from './adapters/data-owner/run-as-owner.ts';
import type { DockerEngine } from './adapters/docker/docker.ts';
import type { Notifier } from './adapters/notify/notifier.ts';
import type { ReportStore } from './adapters/report-store.ts';

/** A process that has a file open. */
export interface FileHolder {
  readonly pid: number;
  readonly command: string;
}

/** Everything that the activities of one host work with; put together by `workers/compose-host.ts`. */
export interface Host {
  readonly config: HostConfig;
  readonly machineId: string;
  /** Where this worker reaches its Temporal server, as `host:port`; null in a command on the host, which has none. */
  readonly temporalAddress: string | null;
  readonly data: DataOwner;
  /** Reads the configuration as root, and writes bundles of it as the owner of the data. */
  readonly bundles: Pick<DataOwner, 'planBundle' | 'makeBundle'>;
  /**
   * What needs root among files: reading any of them as evidence, renewing secrets of the env file, compose overrides,
   * giving uploads to whom they belong, and placing configuration on a new machine.
   */
  readonly asRoot: Pick<
    DataOwner,
    | 'copyFile'
    | 'hashTree'
    | 'packConfiguration'
    | 'rotateSecrets'
    | 'writeOverride'
    | 'inspectSecrets'
    | 'setModes'
    | 'giveOwners'
    | 'findData'
    | 'makeDataFolders'
    | 'planPlacing'
    | 'placeBundle'
    | 'takeBackPlaced'
  >;
  /** Makes and removes the folders of throwaway copies as root: what is mounted may be root's alone. */
  readonly copies: Pick<DataOwner, 'makeCopyFolder' | 'removeCopyFolder'>;
  readonly docker: DockerEngine;
  readonly app: AppClient;
  readonly notifier: Notifier;
  readonly reports: ReportStore;
  /** The project with the compose that made its running containers. */
  readonly project: (signal: AbortSignal) => Promise<ComposeProject>;
  /** Who has one of these files open, deleted or renamed ones included. */
  readonly openFiles: (paths: readonly string[], signal: AbortSignal) => Promise<readonly FileHolder[]>;
}
