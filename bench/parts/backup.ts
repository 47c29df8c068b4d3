import type { BenchPart } from '../bench.ts';
import type { Row } from '../figures/part-result.ts';
import { type BenchSite, removeOlderArchives } from '../measure/bench-site.ts';
import { firstLine } from '../measure/machine-facts.ts';
import { pathWithoutIgzip } from '../measure/path-without-igzip.ts';
import { each, takeTurns, type Way, way } from '../measure/take-turns.ts';
import type { Timed } from '../measure/timed.ts';
import { backupBesideWriter, limitSeconds } from './backup-beside-writer.ts';

const times = 3;

/** Time and processor time of a backup, alone and beside a writer. */
export const backupPart: BenchPart = {
  name: 'backup',
  run: async (bench) => {
    const site = await bench.site();
    const rounds = bench.times ?? times;
    const zlibPath = pathWithoutIgzip(bench.folder);
    const paper = way('paper runbook', () =>
      figures(site, () => site.inBackupContainer(['/app/scripts/backup.sh'])),
    );
    const fast = way('createBackup, fast', () => ours(site, { pace: 'fast' }));
    const zlib = way('createBackup, fast with zlib', () => ours(site, { pace: 'fast' }, zlibPath));
    const gentle = way('createBackup, gentle', () => ours(site, { pace: 'gentle' }));
    await takeTurns(rounds, [paper, fast, zlib, gentle]);
    const busy = await backupBesideWriter(site, rounds);
    const hasIgzip = (await firstLine('igzip', '--version')) !== 'not installed';
    return {
      title: 'Backup',
      otherWay: 'Paper runbook',
      about: [
        'A database of 525 MB (780,000 audit rows, 4 indexes on them) and 3,000 uploads of 302 MB, 60 % of them incompressible; warm page cache.',
        "Paper runbook: the site's own `backup.sh` in the site's own image (`sqlite3 .backup`, `tar -czf` twice), measured inside the container. fdts-ops: `createBackup` in fast mode, in the processes that a host uses for it, with everything on the disk at its end.",
        hasIgzip
          ? 'This machine has igzip (of the package isal), which fdts-ops then uses; the rows "with zlib" are without it.'
          : 'This machine has no igzip: all rows are with zlib.',
        'Gentle, the default of the configuration, is the same work at the lowest priority, here without its rate limit (`backups.rateLimit`): nothing else ran here that it could have stepped aside for.',
        `Beside a writer of 200 transactions a second the runbook's way is stopped after ${limitSeconds} s.`,
      ],
      rows: [
        ...rows('Fast', paper, fast, [4, 2.5]),
        ...rows('Fast, with zlib', paper, zlib, [4, 2.5]),
        ...rows('Gentle', paper, gentle, []),
        ...busy.rows,
      ],
      notes: [
        'With zlib the time is that of deflate at its fastest level on all processors: here two, of which the other work of the machine takes its part. igzip does the same work in a third of the CPU seconds, see `backups.pace` in the [configuration](configuration.md).',
        ...busy.notes,
      ],
    };
  },
};

type Figures = Way<'wall' | 'cpu'>;

function rows(
  measure: string,
  paper: Figures,
  ours: Figures,
  [wallPart, cpuPart]: readonly [number, number] | readonly [],
): Row[] {
  const row = (unit: 's' | 'CPU s', figure: 'wall' | 'cpu', part: number | undefined): Row => ({
    measure,
    unit,
    other: each(paper, figure),
    ours: each(ours, figure),
    ...(part === undefined ? {} : { target: { atMostOnePart: part } }),
  });
  return [row('s', 'wall', wallPart), row('CPU s', 'cpu', cpuPart)];
}

function ours(site: BenchSite, how: { pace: 'fast' | 'gentle' }, path?: string): ReturnType<typeof figures> {
  return figures(site, () => site.operation('createBackup', { ...site.newBackup(), ...how }, path));
}

async function figures(site: BenchSite, work: () => Promise<Timed>): Promise<Record<'wall' | 'cpu', number>> {
  await removeOlderArchives(site.backups);
  await site.settle();
  const { wallSeconds, cpuSeconds } = await work();
  return { wall: wallSeconds, cpu: cpuSeconds };
}
