import type { CheckResult } from './calls.ts';
import type { SchemaOf } from './schema-of.ts';
import type { ServiceState } from './window-plan.ts';

/** What a restore finds on the host, before anything is changed. */
export interface RestoreSurvey {
  readonly checks: readonly CheckResult[];
  /** Full path of the archive that is restored. */
  readonly archive: string;
  readonly hasManifest: boolean;
  /** Of the database in it, by its manifest; null where none says it. Absent in runs of an earlier version. */
  readonly archiveSchema?: SchemaOf | null;
  readonly services: readonly ServiceState[];
  /** Changes when a compose or env file does. */
  readonly projectFiles: string;
  /** Services to stop: the proxy first, then the app and whatever else has the data mounted. */
  readonly stopOrder: readonly string[];
  /** Those that run once the restore is over: the app and the proxy in any case, others when they ran before. */
  readonly startOrder: readonly string[];
  /** Those that ran before, in the order of their start. */
  readonly ranBefore: readonly string[];
  /** Restart policies that the services had, or that the compose file gives to those that have no container. */
  readonly policies: readonly { readonly service: string; readonly policy: string }[];
  readonly app: string;
  /** Whether the app answered healthy: only then a way back can prove that it does again. */
  readonly wasHealthy: boolean;
  /** The live database's schema; null when it cannot be read. */
  readonly schemaHash: string | null;
  /** Its user_version; null when it cannot be read. Absent in runs of an earlier version. */
  readonly userVersion?: number | null | undefined;
  /** Seconds of downtime that the last restore on this host measured; null when there was none. */
  readonly lastDowntimeSeconds: number | null;
  readonly approvalTimeoutSeconds: number;
  readonly watchSeconds: number;
}

/** What a plan was made of; compared with the host again once it is approved. */
export interface ApprovedHost
  extends Pick<RestoreSurvey, 'services' | 'projectFiles' | 'schemaHash' | 'userVersion'> {
  /** Images to go back to, by id. */
  readonly images: readonly string[];
}

/** How a finding begins that says what content of users a backup lacks. */
export const PARTIAL = 'PARTIAL: ';

/** A backup that lies extracted beside the live data, proven good. */
export interface StagedRestore {
  readonly archive: string;
  readonly bytes: number;
  readonly sha256: string;
  /** UTC, ISO 8601: how old the data is. */
  readonly createdAt: string;
  readonly coreRows: Readonly<Record<string, number>>;
  readonly schemaHash: string;
  readonly userVersion: number;
  readonly uploads: { readonly count: number; readonly bytes: number };
  readonly findings: readonly string[];
  /** Content of users is missing in it, or not at its path: what, its findings say that begin with `PARTIAL`. */
  readonly partial?: boolean;
  /** Something said what it must have. A host's worker of an earlier version does not say. */
  readonly isCompared?: boolean;
  /** Its database alone takes the place of the live one, the uploads stay. A host's worker of an earlier version swaps both. */
  readonly keepsUploads?: true;
  /** Those of them that say what of its database no check could prove. A host's worker of an earlier version does not say. */
  readonly notProven?: readonly string[];
}

/** Rows of one table. One that was changed since counts on both sides. */
export interface TableLoss {
  readonly live: number;
  /** Would be gone, or as they were. */
  readonly notInBackup: number;
  /** Would be there again, or as they were. */
  readonly onlyInBackup: number;
}

/** What users have now and would not have any more. */
export interface RestoreLoss {
  /** Why the rows cannot be counted; null when they could. */
  readonly unreadable: string | null;
  /** By table, every one that holds rows; null is one that is damaged. */
  readonly tables: Readonly<Record<string, TableLoss | null>>;
  /** Tables whose rows cannot be told apart from those of the backup, and why. */
  readonly notCompared: Readonly<Record<string, string>>;
  readonly uploads: {
    readonly count: number;
    readonly notInBackup: number;
    readonly differing: number;
    /** Links among the uploads, which no backup has; left out where there is none. */
    readonly links?: number;
    /** What users deleted or moved since; null when no listing of then is there. */
    readonly onlyInBackup: number | null;
  };
}
