import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Collected, CollectedFile } from './collect-files.ts';

/** What the host ran when the bundle was made: what is needed to build it again elsewhere. */
export interface BundleFacts {
  host: string;
  machineId: string;
  docker: string;
  compose: string;
  node: string;
  project: string;
  images: readonly { service: string; image: string; id: string; digests: readonly string[] }[];
}

const inventorySchema = z.object({
  format: z.literal(1),
  createdAt: z.string(),
  runId: z.string(),
  facts: z.record(z.string(), z.unknown()),
  files: z.array(
    z.object({
      path: z.string(),
      bytes: z.number(),
      sha256: z.string(),
      mode: z.string(),
      uid: z.number(),
      gid: z.number(),
      /** What the link said in whose place the file is. */
      behindLink: z.string().optional(),
    }),
  ),
  links: z.array(z.object({ path: z.string(), target: z.string() })),
  leftOut: z.array(z.object({ path: z.string(), why: z.string() })),
});

/** `inventory.json`, the first file in a bundle. */
export type BundleInventory = z.infer<typeof inventorySchema>;

/** Lists what a bundle holds, with a hash for each file. */
export function inventoryOf(
  collected: Collected,
  { runId, createdAt, facts }: { runId: string; createdAt: string; facts: BundleFacts },
): BundleInventory {
  const { links, leftOut } = collected;
  return {
    format: 1,
    createdAt,
    runId,
    facts: { ...facts },
    files: collected.files.map(describe),
    links: links.map(({ path, target }) => ({ path, target })),
    leftOut,
  };
}

/** Reads `inventory.json`; throws when it is not one. */
export function readInventory(content: Buffer): BundleInventory {
  return inventorySchema.parse(JSON.parse(content.toString('utf8')));
}

/** sha256 in hex. */
export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function describe({
  path,
  content,
  mode,
  uid,
  gid,
  behindLink,
}: CollectedFile): BundleInventory['files'][number] {
  return {
    path,
    bytes: content.length,
    sha256: sha256(content),
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    ...(behindLink === undefined ? {} : { behindLink }),
  };
}
