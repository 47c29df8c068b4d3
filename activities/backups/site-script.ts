import type { HostConfig } from '../../config/host-schema.ts';
import type { DockerEngine } from '../adapters/docker/docker.ts';
import type { SiteBackupBegun } from '../adapters/site-backup-record.ts';
import type { Host } from '../host.ts';
import { containerScript } from './container-script.ts';
import { hostScript } from './host-script.ts';

/** The site's own script, as the configuration names it. */
export type SiteCommand = NonNullable<HostConfig['backups']['command']>;

/** The parts of a host that run it. */
export type ScriptHost = Pick<Host, 'config'> & {
  readonly docker: Pick<
    DockerEngine,
    'projectContainers' | 'createExec' | 'inspectExec' | 'startExec' | 'waitExec' | 'endExec'
  >;
};

/** Which of what was begun, and by the run of which stamp. */
export type BegunScript = Pick<SiteBackupBegun, 'exec' | 'startedAt'> & { readonly stamp: string };

/** The site's own backup script, wherever it runs: one that was begun goes on when the attempt that began it is gone. */
export interface SiteScript {
  /** As an operator would type it. */
  readonly command: string;
  /** What would run now. Throws when nothing could. */
  examine(): Promise<string>;
  /** Gives it an id before it runs, so that a second attempt finds it. Throws when it could not be run. */
  prepare(): Promise<string>;
  /** Whether its end can still be waited for, or is known. */
  isKnown(begun: BegunScript): Promise<boolean>;
  /** Starts it, or attaches to the one that runs, and waits for its end. Throws `SITE_BACKUP_FAILED`; an abort ends it. */
  runToItsEnd(begun: BegunScript): Promise<void>;
}

/** The script that the configuration names, in its container or on the host. */
export function siteScript(host: ScriptHost, command: SiteCommand, signal: AbortSignal): SiteScript {
  return command.hostScript === null
    ? containerScript(host, command, signal)
    : hostScript(host.config, { ...command, name: command.hostScript }, signal);
}
