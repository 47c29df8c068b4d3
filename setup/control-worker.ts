import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startDetached } from './detached-process.ts';
import { freePort } from './free-port.ts';
import { checkoutRoot, stateFolder } from './instance.ts';
import { endProcess, type ProcessIdentity } from './process-identity.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';
import { forgetStarted, recallStarted, rememberStarted } from './state.ts';
import { takesWork } from './takes-work.ts';
import type { TemporalServer } from './temporal-server.ts';

const HEALTH_PORT = 9462;
const MOST_TRIES = 3;
const program = join(checkoutRoot, 'dist/bin/fdts-ops.js');

/** The control worker of this instance, as a process of its own. */
export interface ControlWorker {
  start(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

/** The host that a control worker is for, and where it is seen from outside. */
export interface ControlledHost {
  /** The name under which runs know the host. */
  readonly name: string;
  readonly publicUrl: string;
  /** When its maintenance windows open, as `schedules.plannedMaintenance` says it; without it as the default does. */
  readonly windows?: { readonly calendar: string; readonly at: string };
  /** When people are told that its worker is away, and the program that tells them. */
  readonly absence?: { readonly after: string; readonly command: readonly string[] };
  /** How it is watched, and the alerts that are taken for it, when there are any; without it it is not watched. */
  readonly watch?: {
    readonly every: string;
    /** As `hosts[].watch.mostAnswers`; without it as the default does. */
    readonly mostAnswers?: number;
    readonly alerts?: {
      readonly port: number;
      readonly tokenFile: string;
      readonly answers: readonly { readonly alert: string; readonly procedure: string }[];
    };
  };
  /** Where its own ports are reached. */
  readonly addresses?: readonly string[];
  /** Further hosts: runs on them have to name them, and each is seen from the workers of the others. */
  readonly others?: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

/** The control worker's configuration names one host, and others where they are given. `name` tells it from others of this instance. */
export function controlWorker(
  server: Pick<TemporalServer, 'environment'>,
  host: ControlledHost,
  name = 'control-worker',
): ControlWorker {
  const folder = stateFolder();
  const config = join(folder, `${name}.yml`);
  const logFile = join(folder, `${name}.log`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(config, configOf(host));
  const recall = (): ProcessIdentity | undefined => recallStarted('process', name)?.identity;
  return {
    start: async () => {
      const running = recall();
      if (running !== undefined) await endProcess(running);
      for (let tries = 1; ; tries += 1) {
        const port = await freePort('127.0.0.1', tries === 1 ? HEALTH_PORT : 0);
        const identity = startDetached({
          command: process.execPath,
          args: [
            program,
            'worker',
            '--role',
            'control',
            '--control-config',
            config,
            '--health-port',
            `${port}`,
          ],
          logFile,
          env: { ...process.env, ...server.environment },
        });
        const what = 'the control worker';
        rememberStarted('process', name, { what, identity, logFile, settings: { config } });
        const health = `http://127.0.0.1:${port}/healthz`;
        if (await takesWork(identity, health, logFile)) return say(`Control worker: runs, health ${health}`);
        if (tries === MOST_TRIES) throw endedAtOnce(logFile);
      }
    },
    kill: async () => {
      const running = recall();
      if (running !== undefined) await endProcess(running, { signal: 'SIGKILL' });
      forgetStarted('process', name);
    },
  };
}

function endedAtOnce(logFile: string): SetUpError {
  return new SetUpError({
    what: 'The control worker ends as soon as it is started.',
    got: `${MOST_TRIES} times, on a port of its own each time`,
    expected: 'a worker that goes on running',
    next: `see the end of ${logFile}`,
  });
}

function configOf({ windows, absence, watch, others = [], ...host }: ControlledHost): string {
  const schedules = windows === undefined ? {} : { schedules: { plannedMaintenance: windows } };
  const away = absence === undefined ? {} : { workerAwayAfter: absence.after };
  const notifications = absence === undefined ? {} : { notifications: { command: absence.command } };
  const { alerts: taken, ...looks } = watch ?? {};
  const watched = watch === undefined ? {} : { watch: { enabled: true, ...looks } };
  const alerts = taken === undefined ? {} : { alerts: taken };
  return stringify({
    hosts: [{ ...host, ...schedules, ...away, ...watched }, ...others].map((one) => ({
      timezone: 'Europe/Paris',
      ...one,
    })),
    ...notifications,
    ...alerts,
  });
}
