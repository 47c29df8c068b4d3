import { say } from '../../setup/say.ts';
import type { BenchPart } from '../bench.ts';
import { containersAlone } from '../measure/containers-alone.ts';
import { quietTerminal } from '../measure/quiet-terminal.ts';
import { runCompleted } from '../measure/run-completed.ts';
import { stepSeconds, stepTimes } from '../measure/step-times.ts';
import { each, takeTurns, way } from '../measure/take-turns.ts';
import { longestCommands, secondsBetween, typeScript } from '../measure/type-script.ts';
import { watchedDowntime } from '../measure/watched-downtime.ts';

const times = 2;

/** Downtime of a restore, seen by a prober from outside the host. */
export const restorePart: BenchPart = {
  name: 'restore',
  run: async (bench) => {
    const { server } = await bench.environment();
    const host = await bench.largeStack();
    const terminal = quietTerminal(server.environment);
    const backup = await runCompleted('manualBackup', terminal);
    const archive = `fdts_backup_${backup.stamp}.tar.gz`;
    let [typed, run] = ['', ''];
    const paper = way('paper runbook', async () => {
      const { result, downtime, whole } = await watchedDowntime(host, () =>
        typeScript(host, 'restore-backup.sh', archive),
      );
      typed = longestCommands(result);
      say(`  ${typed}`);
      return { downtime, whole, data: secondsBetween(result, 'docker-compose stop', 'docker-compose start') };
    });
    const ours = way('restoreBackup', async () => {
      const input = ['--input', JSON.stringify({ archive, watchSeconds: 2 })];
      const { result, downtime, whole } = await watchedDowntime(host, () =>
        runCompleted('restoreBackup', terminal, input),
      );
      run = stepTimes(result, 'stop-services', 'cut-over');
      say(`  ${run}`);
      return { downtime, whole, data: stepSeconds(result, 'swap-data') };
    });
    const floor = way('the containers alone', async () => ({ downtime: await containersAlone(host) }));
    await takeTurns(bench.times ?? times, [paper, ours, floor]);
    return {
      title: 'Downtime of a restore',
      otherWay: 'Paper runbook',
      about: [
        'The same archive restored on the same host: a site of 1 GB (database of 636 MB, uploads of 366 MB).',
        'Paper runbook: `bench/paper/restore-backup.sh`. fdts-ops: `restoreBackup`, approved by the signal `approve`.',
        'Downtime is what a prober sees at the published port: it asks for the health page every 50 ms on a new connection.',
      ],
      rows: [
        {
          measure: 'Downtime',
          unit: 's',
          other: each(paper, 'downtime'),
          ours: each(ours, 'downtime'),
          target: { atMostOnePart: 50 },
        },
        {
          measure: 'Of it `docker stop` and `docker start` alone',
          unit: 's',
          other: [],
          ours: each(floor, 'downtime'),
        },
        {
          measure: 'Of it the data alone, containers stopped',
          unit: 's',
          other: each(paper, 'data'),
          ours: each(ours, 'data'),
        },
        {
          measure: 'From the first command to the end',
          unit: 's',
          other: each(paper, 'whole'),
          ours: each(ours, 'whole'),
        },
      ],
      notes: [
        'The target is that of a process which is stopped, given other files by a rename and started. Here it is three containers: the row with `docker stop` and `docker start` is what the engine itself needs to stop them, to start the app until it answers, and to start the proxy, with nothing done in between. 1/50 would be below it, so it cannot be met while the containers are stopped.',
        'They have to be: the app would go on in the old file, and a proxy that stays up lets users in on data that is not proven yet ([why](decisions/0014-compose-makes-the-engine-starts.md)). What fdts-ops needs besides is the exchange of the data, and the proof that nothing has the database open and that the app works.',
        `Where the last run of the paper runbook spent its time: ${typed}.`,
        `The last run of fdts-ops while users were shut out: ${run}.`,
      ],
    };
  },
};
