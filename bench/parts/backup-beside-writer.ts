import { setTimeout as delay } from 'node:timers/promises';
import type { Measured, Row } from '../figures/part-result.ts';
import { type BenchSite, removeOlderArchives } from '../measure/bench-site.ts';
import { type SteadyWriter, startSteadyWriter, type WriterFigures } from '../measure/steady-writer.ts';
import { each, takeTurns, type Way, way } from '../measure/take-turns.ts';
import type { Timed } from '../measure/timed.ts';

/** After this the runbook's way is stopped. */
export const limitSeconds = 30;

// What `timeout` ends with when it had to stop the command.
const stopped = 124;

type Figure = 'wall' | 'ended' | keyof WriterFigures;

/** Both ways while an app writes 200 times a second, and what the app sees of it. */
export async function backupBesideWriter(
  site: BenchSite,
  times: number,
): Promise<Pick<Measured, 'rows' | 'notes'>> {
  const writer = startSteadyWriter(site.database);
  const limited = ['timeout', '-k', '1', `${limitSeconds}`, '/app/scripts/backup.sh'];
  const ours = way<Figure>('createBackup beside a writer', () =>
    watched(site, writer, () => site.operation('createBackup', site.newBackup())),
  );
  const paper = way<Figure>('paper runbook beside a writer', () =>
    watched(site, writer, () => site.inBackupContainer(limited, [stopped])),
  );
  try {
    const { writer: alone } = await writer.during(() => delay(10_000));
    await takeTurns(times, [ours]);
    await takeTurns(1, [paper]);
    return { rows: rows(paper, ours), notes: [aloneText(alone)] };
  } finally {
    await writer.stop();
  }
}

async function watched(
  site: BenchSite,
  writer: SteadyWriter,
  work: () => Promise<Timed>,
): Promise<Record<Figure, number>> {
  await removeOlderArchives(site.backups);
  await site.settle();
  const { result, writer: seen } = await writer.during(work);
  return { wall: result.wallSeconds, ended: result.exitCode === 0 ? 1 : 0, ...seen };
}

function rows(paper: Way<Figure>, ours: Way<Figure>): Row[] {
  const hasEnded = each(paper, 'ended').every((ended) => ended === 1);
  const latency = (what: string, figure: keyof WriterFigures): Row => ({
    measure: `The writer's transactions meanwhile, ${what}`,
    unit: 'ms',
    other: each(paper, figure),
    ours: each(ours, figure),
  });
  return [
    {
      measure: 'Beside a writer',
      unit: 's',
      other: hasEnded ? each(paper, 'wall') : [],
      ...(hasEnded ? {} : { otherStoppedAfter: limitSeconds }),
      ours: each(ours, 'wall'),
      target: { below: limitSeconds },
    },
    latency('median', 'p50'),
    latency('99 of 100 are below', 'p99'),
    latency('slowest', 'most'),
  ];
}

function aloneText({ p50, p99, most, perSecond }: WriterFigures): string {
  return `The writer alone, for 10 s: median ${p50.toFixed(2)} ms, 99 of 100 below ${p99.toFixed(2)} ms, slowest ${most.toFixed(1)} ms, ${perSecond.toFixed(0)} transactions a second.`;
}
