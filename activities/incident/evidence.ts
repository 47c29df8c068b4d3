import path from 'node:path';
import type { SealedEvidence } from '../../workflows/contracts/incident.ts';
import { readCustody } from '../adapters/evidence/custody-log.ts';
import { sealEvidence as seal } from '../adapters/evidence/evidence-manifest.ts';
import { incidentRecord } from '../adapters/incident-record.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation, MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { containerEvidence } from './evidence-of-containers.ts';
import { fileEvidence } from './evidence-of-files.ts';
import { hostEvidence } from './evidence-of-host.ts';
import { logEvidence } from './evidence-of-logs.ts';
import { evidenceOf, folderOf, type Gathering, WHO } from './gather-evidence.ts';

/** What was put into the folder by one step. */
interface Collected {
  readonly lines: readonly string[];
}

/**
 * Evidence of an incident, kept before anything destructive, in a folder of the run that only the worker and root can open.
 * What one source does not give is noted in the custody log, and hides nothing of the others.
 */
export function evidenceMutations(host: Host) {
  const { config, machineId } = host;

  function collecting<Input>(
    what: string,
    gather: (gathering: Gathering, input: Input) => Promise<void>,
  ): (context: MutationContext, input: Input) => Promise<Collected> {
    return async (context, input) => {
      const folder = folderOf(config, context.stamp);
      return context.effects.perform(
        `fdts-ops: ${what} into ${folder}`,
        async () => {
          const gathering = evidenceOf(host, context);
          await gathering.folder.prepare();
          await gather(gathering, input);
          return { lines: gathering.lines };
        },
        { lines: [] },
      );
    };
  }

  /**
   * Logs of every container, the journal and the audit rows of the period. Changes: files in the folder of evidence. Safe
   * to repeat: what was collected is kept. A failure leaves what was collected before it.
   */
  const preserveLogs: Mutation<{ readonly sinceSeconds: number }, Collected> = collecting(
    'logs of every container, journal and audit rows',
    (gathering, { sinceSeconds }) => logEvidence(host, gathering, sinceSeconds),
  );

  /** Sockets, logins, processes, network, firewall. Changes, repeating and failure: as `preserveLogs`. */
  const preserveHostState: Mutation<Record<string, never>, Collected> = collecting(
    'listening sockets, logins, failed logins, processes, network and firewall',
    (gathering) => hostEvidence(gathering),
  );

  /** Inspect, diff, export and hashes of every container. Refuses when the disk has no room. Changes: as `preserveLogs`. */
  const preserveContainers: Mutation<Record<string, never>, Collected> = collecting(
    'inspect, diff, export and file hashes of every container',
    (gathering) => containerEvidence(host, gathering),
  );

  /** Hashes of uploads and project, the configuration, the env file as it was. Changes: as `preserveLogs`. */
  const preserveFiles: Mutation<Record<string, never>, Collected> = collecting(
    'hashes of uploads and of the files of the project, its configuration and env file',
    (gathering) => fileEvidence(host, gathering),
  );

  /**
   * Seals the folder: a manifest with the sha256 of every piece and of the custody log. Changes: the manifest, the record
   * of the incident. Safe to repeat: the same manifest comes back.
   */
  const sealEvidence: Mutation<Record<string, never>, SealedEvidence> = async ({ effects, stamp }) => {
    const folder = folderOf(config, stamp);
    return effects.perform(
      `fdts-ops: manifest with the sha256 of every piece, ${path.join(folder, 'manifest.json')}`,
      async () => {
        const incident = (await incidentRecord(config.state.folder).read())?.id ?? stamp;
        const origin = { incident, host: config.host.name, machineId, run: stamp };
        const { manifest, manifestSha256 } = await seal(folder, origin, WHO(config));
        const { entries } = await readCustody(folder);
        const sealed: SealedEvidence = {
          folder,
          files: manifest.files.length,
          bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
          manifestSha256,
          sealedAt: manifest.sealedAt,
          notCollected: entries
            .filter(({ what }) => what === 'not collected')
            .map(({ file, how }) => `${file}: ${how}`),
        };
        if (manifest.files.length === 0) throw nothingCollected(folder);
        await incidentRecord(config.state.folder).add({ evidence: sealed });
        return sealed;
      },
      { ...NOT_SEALED, folder },
    );
  };

  return { preserveLogs, preserveHostState, preserveContainers, preserveFiles, sealEvidence };
}

// In a dry run nothing is collected.
const NOT_SEALED = {
  files: 0,
  bytes: 0,
  manifestSha256: 'known only at run time',
  sealedAt: 'known only at run time',
  notCollected: [],
};

function nothingCollected(target: string): OperationError {
  return new OperationError({
    code: 'NO_EVIDENCE',
    operation: 'sealEvidence',
    target,
    cause: 'nothing was collected',
    hint: 'See the custody log in the folder; mend that and answer retry, or collect by hand and answer skip.',
    retryable: false,
  });
}
