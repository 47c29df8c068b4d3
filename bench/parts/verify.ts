import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BenchPart } from '../bench.ts';
import type { BenchSite } from '../measure/bench-site.ts';
import { each, takeTurns, way } from '../measure/take-turns.ts';
import type { Timed } from '../measure/timed.ts';

const times = 3;

/** Time of the proof that a backup can be restored. */
export const verifyPart: BenchPart = {
  name: 'verify',
  run: async (bench) => {
    const site = await bench.site();
    const archives = await site.archives();
    const paper = way('paper runbook', () => figures(site, () => typeVerification(site, archives.ours)));
    const full = way('full', () => figures(site, () => verify(site, archives.ours, true)));
    const quick = way('quick', () => figures(site, () => verify(site, archives.ours, false)));
    await takeTurns(bench.times ?? times, [paper, full, quick]);
    const paperOnIts = way('paper runbook, archive of the script', () =>
      figures(site, () => typeVerification(site, archives.paper)),
    );
    const fullOnIts = way('full, archive of the script', () =>
      figures(site, () => verify(site, archives.paper, true)),
    );
    await takeTurns(1, [paperOnIts, fullOnIts]);
    return {
      title: 'Verification of a backup',
      otherWay: 'Paper runbook',
      about: [
        'An archive of the data of the part above, the same file for both ways; warm page cache.',
        "Paper runbook: `bench/paper/verify-backup.sh` in the site's own image, measured inside the container. fdts-ops: `verifyBackup`.",
        'Full: hashes of the archive, the database and every upload against the manifest, both end-of-archive blocks, integrity_check, foreign_key_check, rows of every table. Quick: quick_check in place of integrity_check.',
      ],
      rows: [
        {
          measure: 'Full',
          unit: 's',
          other: each(paper, 'wall'),
          ours: each(full, 'wall'),
          target: { atMostOnePart: 2.7 },
        },
        {
          measure: 'Full',
          unit: 'CPU s',
          other: each(paper, 'cpu'),
          ours: each(full, 'cpu'),
        },
        {
          measure: 'Quick',
          unit: 's',
          other: each(paper, 'wall'),
          ours: each(quick, 'wall'),
        },
        {
          measure: "Full, an archive of the site's own script",
          unit: 's',
          other: each(paperOnIts, 'wall'),
          ours: each(fullOnIts, 'wall'),
        },
      ],
      notes: [
        'Full cannot be much faster: integrity_check of the database is one thread of SQLite and most of the time, and it begins when the database is out of the archive, which is one thread of decompression. The rest (uploads, hashes) is done beside it. The runbook checks with the same SQLite functions.',
      ],
    };
  },
};

async function figures(site: BenchSite, way: () => Promise<Timed>): Promise<{ wall: number; cpu: number }> {
  await site.settle();
  const { wallSeconds, cpuSeconds } = await way();
  return { wall: wallSeconds, cpu: cpuSeconds };
}

function typeVerification(site: BenchSite, archive: string): Promise<Timed> {
  return site.inBackupContainer(['/paper/verify-backup.sh', basename(archive)]);
}

function verify(site: BenchSite, archive: string, full: boolean): Promise<Timed> {
  const manifest = `${archive}.manifest.json`;
  const scratch = join(dirname(site.backups), 'scratch');
  const given = existsSync(manifest) ? { manifest } : {};
  return site.operation('verifyBackup', { archive, scratch, full, ...given });
}
