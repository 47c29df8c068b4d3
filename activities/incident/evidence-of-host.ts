import { runRootRead } from '../adapters/command/root-task.ts';
import { commandSource } from '../adapters/evidence/command-source.ts';
import { textSource } from '../adapters/evidence/evidence-folder.ts';
import { timeLimit } from '../adapters/time-limit.ts';
import type { Gathering } from './gather-evidence.ts';

/** More sockets or failed logins than fit are cut at the front: the newest count. */
const MOST_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** What a reboot or a restart would take away first. */
const COMMANDS: readonly (readonly [file: string, ...argv: [string, ...string[]]])[] = [
  ['host/processes.txt', 'ps', 'axfww', '-o', 'user,pid,ppid,lstart,etime,tty,stat,args'],
  ['host/sessions.txt', 'who', '--all'],
  ['host/logins.txt', 'last', '-F', '-w'],
  ['host/network.txt', 'ip', '-details', 'address'],
  ['host/routes.txt', 'ip', 'route', 'show', 'table', 'all'],
  ['host/clock.txt', 'date', '--utc', '--iso-8601=ns'],
  ['host/system.txt', 'uname', '-a'],
  ['host/mounts.txt', 'cat', '/proc/self/mountinfo'],
];

/** Processes, connections and logins of the host as they are now. */
export async function hostEvidence({ take, context }: Gathering): Promise<void> {
  const { signal } = context;
  for (const kind of ['sockets', 'firewall', 'failed-logins'] as const) {
    await take({ file: `host/${kind}.txt`, how: `root-task read evidence ${kind}` }, async () =>
      textSource(
        await runRootRead('evidence', [kind], { timeoutMs: TIMEOUT_MS, signal, maxOutputBytes: MOST_BYTES }),
      ),
    );
  }
  for (const [file, ...argv] of COMMANDS) {
    await take({ file, how: argv.join(' ') }, () =>
      commandSource(argv, AbortSignal.any([signal, timeLimit(TIMEOUT_MS)])),
    );
  }
}
