import path from 'node:path';
import {
  type EvidenceFolder,
  type EvidenceItem,
  type EvidenceSource,
  evidenceFolder,
} from '../adapters/evidence/evidence-folder.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

/** What collects evidence for one step. */
export interface Gathering {
  readonly folder: EvidenceFolder;
  readonly context: MutationContext;
  /** What was collected and what could not be, for the report: names, sizes and counts only. */
  readonly lines: string[];
  /** Collects one piece; a source that gives nothing is noted, and the others go on. */
  readonly take: (item: EvidenceItem, source: () => Promise<EvidenceSource>) => Promise<void>;
  /** The same for a piece that somebody else writes to a path. */
  readonly takeFile: (item: EvidenceItem, write: (part: string) => Promise<unknown>) => Promise<void>;
}

/** Who collects: the program on this host. */
export const WHO = ({ host }: Host['config']): string => `fdts-ops on ${host.name}`;

/** The folder of a run's evidence. */
export function folderOf({ state }: Host['config'], stamp: string): string {
  return path.join(state.folder, 'evidence', stamp);
}

/** Opens the folder of the run for one step. */
export function evidenceOf({ config }: Host, context: MutationContext): Gathering {
  const folder = evidenceFolder(folderOf(config, context.stamp), WHO(config));
  const lines: string[] = [];
  const attempt = async (
    item: EvidenceItem,
    collect: () => Promise<{ readonly bytes: number; readonly sha256: string }>,
  ): Promise<void> => {
    context.signal.throwIfAborted();
    context.progress(item.file);
    try {
      const { bytes, sha256 } = await collect();
      lines.push(`${item.file}: ${bytes} bytes, sha256 ${sha256}`);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof OperationError) || error.code === 'DISK_FULL') throw error;
      await folder.leaveOut(item.file, error.code);
      lines.push(`NOT collected: ${item.file} (${error.code}; the custody log of the host has it)`);
    }
  };
  return {
    folder,
    context,
    lines,
    take: (item, source) => attempt(item, () => folder.collect(item, source)),
    takeFile: (item, write) => attempt(item, () => folder.collectFile(item, write)),
  };
}
