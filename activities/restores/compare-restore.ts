import type { RestoreLoss } from '../../workflows/contracts/restore-plan.ts';
import { asideFolder } from '../database/database.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

/** What a restore of the staged backup would take from users. */
export function restoreReads({ config, data }: Host) {
  const compareRestore: Read<Record<string, never>, RestoreLoss> = async ({ stamp, signal, progress }) => {
    const { database, uploads } = config.data;
    const asideDir = asideFolder(config, stamp);
    return data.compareWithStaged(
      { database, uploads, asideDir, runId: stamp },
      { signal, onProgress: progress },
    );
  };

  return { compareRestore };
}
