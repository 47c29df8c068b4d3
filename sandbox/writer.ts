import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createFdtsClient, type FdtsClient } from './fdts-client.ts';

/** What became of the writes that FDTS had acknowledged. Missing and wrong uploads are named by id. */
export interface WriteReport {
  readonly acknowledgedRows: number;
  readonly acknowledgedUploads: number;
  readonly missingRows: readonly MissingRow[];
  readonly missingUploads: readonly string[];
  /** There, but with other bytes than were sent. */
  readonly wrongUploads: readonly string[];
}

/** A row by the id under which it was acknowledged, and what was written into it. */
export interface MissingRow {
  readonly id: number;
  readonly details: string;
}

/** What a writer writes to, and asks afterwards; undefined: not there. */
export type WritableApp = Pick<FdtsClient, 'addAuditRow' | 'auditDetails' | 'downloadedSha256'> & {
  upload(name: string, bytes: Uint8Array): Promise<{ readonly id: string; readonly sha256: string }>;
};

/** A user who keeps working while the host is worked on: adds audit rows and uploads, and remembers what was acknowledged. */
export interface Writer {
  start(): void;
  /** Ends when the write under way has ended. */
  stop(): Promise<void>;
  /** How many uploads FDTS has acknowledged so far. */
  acknowledgedUploads(): number;
  /**
   * What FDTS has acknowledged so far: ids of rows by their details, since an id is given again to another row when the
   * database went back in time; sha256 of uploads by id.
   */
  acknowledged(): {
    readonly rows: ReadonlyMap<string, number>;
    readonly uploads: ReadonlyMap<string, string>;
  };
  /** Asks FDTS for everything acknowledged; also possible through another address than the one written to. */
  verify(baseUrl: string): Promise<WriteReport>;
}

/**
 * A writer to a base URL; a pair of row and upload every `everyMs` (default 250); failures are retried as new writes.
 * `connect`: how another app than FDTS is spoken to.
 */
export function createWriter(
  baseUrl: string,
  {
    everyMs = 250,
    connect = createFdtsClient,
  }: { readonly everyMs?: number; readonly connect?: (baseUrl: string) => WritableApp } = {},
): Writer {
  const client = connect(baseUrl);
  const rows = new Map<string, number>();
  const uploads = new Map<string, string>();
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;

  return {
    start: () => {
      loop ??= writeUntilStopped();
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
    acknowledgedUploads: () => uploads.size,
    acknowledged: () => ({ rows, uploads }),
    verify: (url) => verify(connect(url), rows, uploads),
  };

  async function writeUntilStopped(): Promise<void> {
    while (!stopping.signal.aborted) {
      await writePair().catch(() => {});
      await delay(everyMs);
    }
  }

  async function writePair(): Promise<void> {
    const details = randomBytes(12).toString('hex');
    rows.set(details, await client.addAuditRow('writer', details));
    const { id, sha256 } = await client.upload(`${details}.bin`, randomBytes(2048));
    uploads.set(id, sha256);
  }
}

async function verify(
  client: WritableApp,
  rows: ReadonlyMap<string, number>,
  uploads: ReadonlyMap<string, string>,
): Promise<WriteReport> {
  const missingRows: MissingRow[] = [];
  const missingUploads: string[] = [];
  const wrongUploads: string[] = [];
  for (const [details, id] of rows) {
    if ((await client.auditDetails(id)) !== details) missingRows.push({ id, details });
  }
  for (const [id, sha256] of uploads) {
    const found = await client.downloadedSha256(id);
    if (found === undefined) missingUploads.push(id);
    else if (found !== sha256) wrongUploads.push(id);
  }
  return {
    acknowledgedRows: rows.size,
    acknowledgedUploads: uploads.size,
    missingRows,
    missingUploads,
    wrongUploads,
  };
}
