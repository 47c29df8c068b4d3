import { chown, open } from 'node:fs/promises';
import { type BundleFacts, inventoryOf } from '../configuration-bundle/bundle-inventory.ts';
import { packBundle } from '../configuration-bundle/bundle-tar.ts';
import { type CollectPlan, collectPlan } from '../configuration-bundle/plan-bundle.ts';
import type { OperationContext } from '../data-owner/child-messages.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import type { Owner } from '../data-owner/run-as-owner.ts';

/** What to read, and the new file to write. */
export interface PackConfigurationArgs extends CollectPlan {
  to: string;
  runId: string;
  facts: BundleFacts;
  owner: Owner;
}

/**
 * Writes the whole configuration of the project (compose files, env files, mounted configuration) into one tar, in clear:
 * evidence, for a folder that only the worker can open.
 */
export async function packConfiguration(
  args: PackConfigurationArgs,
  context: OperationContext,
): Promise<{ files: number; leftOut: number }> {
  try {
    const collected = await collectPlan(args, context);
    const inventory = inventoryOf(collected, { ...args, createdAt: new Date().toISOString() });
    const handle = await open(args.to, 'wx', 0o600);
    try {
      await handle.writeFile(await packBundle(collected, inventory));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chown(args.to, args.owner.uid, args.owner.gid);
    return { files: collected.files.length, leftOut: collected.leftOut.length };
  } catch (cause) {
    throw explainFailure('packConfiguration', cause, args.to);
  }
}
