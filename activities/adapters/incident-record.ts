import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IncidentRecord } from '../../workflows/contracts/incident.ts';
import { syncFolder } from './data-owner/files/durable-file.ts';
import { errorCode } from './error-code.ts';
import { leaveToFolderOwner, makeFolderOfOwner } from './machine/leave-to-folder-owner.ts';
import { OperationError } from './operation-error.ts';

/** What a run adds to the record. */
export type IncidentNews = Partial<Pick<IncidentRecord, 'secrets' | 'provenAt' | 'provenIn'>> & {
  readonly evidence?: IncidentRecord['evidence'][number];
};

/**
 * The record of the incident that is open on this host, in a file of the state folder: a follow-up run knows from it what
 * was done. Names and hashes only, no secrets.
 */
export const incidentRecord = (stateFolder: string) => {
  const file = join(stateFolder, 'incident.json');

  const read = async (): Promise<IncidentRecord | null> => {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    const record: IncidentRecord = JSON.parse(text);
    return record;
  };

  const write = async (record: IncidentRecord): Promise<void> => {
    const part = `${file}.part`;
    await rm(part, { force: true });
    const handle = await open(part, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(record, null, 1)}\n`);
      await handle.sync();
      // `recover` runs as root: the worker must be able to go on with the file.
      leaveToFolderOwner(part);
    } finally {
      await handle.close();
    }
    await rename(part, file);
    await syncFolder(stateFolder);
  };

  /** Keeps the file under this name, beside those of earlier incidents. No error when there is none. */
  const fileAs = async (name: string): Promise<void> => {
    const folder = join(stateFolder, 'incidents');
    await makeFolderOfOwner(folder, 0o700);
    await rename(file, freeName(folder, name)).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
    });
    await syncFolder(stateFolder);
  };

  const endByHand = async (): Promise<void> => {
    const known = await read();
    if (known !== null) await fileAs(known.id);
  };

  return {
    read,

    /**
     * Opens it, or keeps the one that is open: what is told anew replaces what was told. Users who were shut out at another
     * time were let in by hand in between: that incident is over, and what was renewed and proven in it proves nothing now.
     */
    open: async (
      found: Omit<IncidentRecord, 'evidence' | 'secrets' | 'provenAt' | 'provenIn'>,
    ): Promise<void> => {
      const known = await read();
      if (known === null || known.isolatedAt !== found.isolatedAt) {
        await endByHand();
        return write({ ...found, evidence: [], secrets: null, provenAt: null });
      }
      const told = Object.entries(found.account).filter(([, text]) => text !== null);
      const account = { ...known.account, ...Object.fromEntries(told) };
      await write({ ...known, account, ports: found.ports, breakGlass: found.breakGlass });
    },

    /** Adds what a run did. Evidence of the same folder is replaced. */
    add: async ({ evidence, ...news }: IncidentNews): Promise<void> => {
      const known = await read();
      if (known === null) throw noIncident(file);
      const kept = known.evidence.filter(({ folder }) => folder !== evidence?.folder);
      await write({
        ...known,
        ...news,
        evidence: evidence === undefined ? known.evidence : [...kept, evidence],
      });
    },

    /** Ends it: the file is kept under the name of the run that let users in. No error when it has ended. */
    close: fileAs,

    /** Ends it because a person says so: the file is kept under the id of the incident. No error when it has ended. */
    endByHand,
  };
};

/** No record takes the place of an earlier one. */
const freeName = (folder: string, name: string, number = 1): string => {
  const place = join(folder, number === 1 ? `${name}.json` : `${name}-${number}.json`);
  return existsSync(place) ? freeName(folder, name, number + 1) : place;
};

const noIncident = (file: string): OperationError =>
  new OperationError({
    code: 'NO_INCIDENT',
    operation: 'incidentRecord',
    target: file,
    cause: 'no incident is open on this host',
    hint: 'Start securityIncident again: it opens one.',
    retryable: false,
  });
