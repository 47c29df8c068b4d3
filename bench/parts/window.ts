import type { SandboxHost } from '../../sandbox/host.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { say } from '../../setup/say.ts';
import type { BenchPart } from '../bench.ts';
import { containersAlone } from '../measure/containers-alone.ts';
import { quietTerminal } from '../measure/quiet-terminal.ts';
import { releaseWithCompilers } from '../measure/release-with-compilers.ts';
import { runCompleted } from '../measure/run-completed.ts';
import { stepTimes } from '../measure/step-times.ts';
import { each, takeTurns, type Way, way } from '../measure/take-turns.ts';
import { longestCommands, typeScript } from '../measure/type-script.ts';
import { watchedDowntime } from '../measure/watched-downtime.ts';

const times = 2;
const input = ['--input', JSON.stringify({ watchSeconds: 2 })];

type Release = (host: SandboxHost) => Promise<void>;

const small: Release = (host) => releaseVersion(host, { version: '1.1.0' });

/** Downtime of a maintenance window, seen by a prober from outside the host. */
export const windowPart: BenchPart = {
  name: 'window',
  run: async (bench) => {
    const { host, server } = await bench.environment();
    const terminal = quietTerminal(server.environment);
    let [typed, run] = ['', ''];
    const paper = (name: string, release: Release) =>
      way(`paper runbook, ${name}`, () =>
        upgrade(host, release, async () => {
          typed = longestCommands(await typeScript(host, 'planned-maintenance.sh'));
          say(`  ${typed}`);
        }),
      );
    const ours = (name: string, release: Release) =>
      way(`plannedMaintenance, ${name}`, () =>
        upgrade(host, release, async () => {
          const report = await runCompleted('plannedMaintenance', terminal, input);
          run = stepTimes(report, 'stop-services', 'cut-over');
          say(`  ${run}`);
        }),
      );
    const smallWays = [paper('small build', small), ours('small build', small)] as const;
    const usualWays = [
      paper('compiled build', releaseWithCompilers),
      ours('compiled build', releaseWithCompilers),
    ] as const;
    const floor = way('the containers alone', async () => ({ downtime: await containersAlone(host) }));
    await takeTurns(bench.times ?? times, [...smallWays, ...usualWays, floor]);
    return {
      title: 'Downtime of a maintenance window',
      otherWay: 'Paper runbook',
      about: [
        'The same upgrade on the same host: a new version of the app and the backup service to build, a newer nginx to pull, one package to install; 10,000 users, 200,000 audit rows, 520 uploads.',
        "Compiled: the Dockerfile of the app installs python3, make and g++ from Debian's archive and compiles SQLite, as `npm install` does where it finds no binary of the app's SQLite driver (no npm package is fetched); that of the backup service installs curl and sqlite3. Small: both only copy files onto a base image that is there.",
        'The paper runbook builds while users are shut out, fdts-ops before: so the length of the build decides the ratio, and a longer one gives a higher one. The target is that of the compiled images: small ones leave next to nothing to do before the stop, and miss 1/8 by far.',
        'Paper runbook: `bench/paper/planned-maintenance.sh`. fdts-ops: `plannedMaintenance`, its plan approved by the signal `approve`.',
        'Downtime is what a prober sees at the published port: it asks for the health page every 50 ms on a new connection.',
      ],
      rows: [
        ...rows('images that are compiled', ...usualWays, 8),
        ...rows('images with a small build', ...smallWays),
        {
          measure: '`docker stop` and `docker start` of the containers alone',
          unit: 's',
          other: [],
          ours: each(floor, 'downtime'),
        },
      ],
      notes: [
        'With a small build both ways only stop, upgrade packages, tidy the database and start. Below `docker stop` and `docker start` alone neither can go.',
        'The whole of a window has the preparation, the proof of the backup and 2 s of watching in it, with users served.',
        `Where the last run of the paper runbook spent its time: ${typed}.`,
        `The last run of fdts-ops while users were shut out: ${run}.`,
      ],
    };
  },
};

type Watched = Way<'downtime' | 'whole'>;

function rows(what: string, paper: Watched, ours: Watched, atMostOnePart?: number) {
  const row = (measure: string, figure: 'downtime' | 'whole') => ({
    measure: `${measure}, ${what}`,
    unit: 's' as const,
    other: each(paper, figure),
    ours: each(ours, figure),
  });
  return [
    { ...row('Downtime', 'downtime'), ...(atMostOnePart === undefined ? {} : { target: { atMostOnePart } }) },
    row('First command to end', 'whole'),
  ];
}

/** From the host's first day to version 1.1.0, watched from outside. */
async function upgrade(
  host: SandboxHost,
  release: Release,
  work: () => Promise<void>,
): Promise<{ downtime: number; whole: number }> {
  await host.resetFdts();
  await release(host);
  const { downtime, whole } = await watchedDowntime(host, work);
  return { downtime, whole };
}
