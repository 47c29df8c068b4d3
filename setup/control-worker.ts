import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { httpStatus } from '../sandbox/http-request.ts';
import { waitUntil } from '../sandbox/wait-until.ts';
import { startDetached } from './detached-process.ts';
import { freePort } from './free-port.ts';
import { checkoutRoot, stateFolder } from './instance.ts';
import { endProcess, type ProcessIdentity } from './process-identity.ts';
import { say } from './say.ts';
import { forgetStarted, recallStarted, rememberStarted } from './state.ts';
import type { TemporalServer } from './temporal-server.ts';

/** The control worker of this instance, as a process of its own. */
export interface ControlWorker {
  start(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

/** The one host that a control worker knows, and where it is seen from outside. */
export interface ControlledHost {
  /** The name under which runs know the host. */
  readonly name: string;
  readonly publicUrl: string;
  /** When its maintenance windows open, as `schedules.plannedMaintenance` says it; without it as the default does. */
  readonly windows?: { readonly calendar: string; readonly at: string };
  /** When people are told that its worker is away, and the program that tells them. */
  readonly absence?: { readonly after: string; readonly command: readonly string[] };
  /** How it is watched, and the alerts that are taken for it; without it it is not watched. */
  readonly watch?: {
    readonly every: string;
    readonly alerts: {
      readonly port: number;
      readonly tokenFile: string;
      readonly answers: readonly { readonly alert: string; readonly procedure: string }[];
    };
  };
  /** Where its own ports are reached. */
  readonly addresses?: readonly string[];
}

/** The control worker's configuration names one host. `name` tells it from others of this instance. */
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
      const healthPort = await freePort('127.0.0.1', 9462);
      const identity = startDetached({
        command: process.execPath,
        args: [
          join(checkoutRoot, 'dist/bin/fdts-ops.js'),
          'worker',
          '--role',
          'control',
          '--control-config',
          config,
          '--health-port',
          String(healthPort),
        ],
        logFile,
        env: { ...process.env, ...server.environment },
      });
      rememberStarted('process', name, {
        what: 'the control worker',
        identity,
        logFile,
        settings: { config },
      });
      await waitUntil(
        `the control worker answers (log: ${logFile})`,
        async () => (await httpStatus(`http://127.0.0.1:${healthPort}/healthz`, 1000)) === 200,
        60_000,
      );
      say(`Control worker: runs, health http://127.0.0.1:${healthPort}/healthz`);
    },
    kill: async () => {
      const running = recall();
      if (running !== undefined) await endProcess(running, { signal: 'SIGKILL' });
      forgetStarted('process', name);
    },
  };
}

function configOf({ windows, absence, watch, ...host }: ControlledHost): string {
  const schedules = windows === undefined ? {} : { schedules: { plannedMaintenance: windows } };
  const away = absence === undefined ? {} : { workerAwayAfter: absence.after };
  const notifications = absence === undefined ? {} : { notifications: { command: absence.command } };
  const watched = watch === undefined ? {} : { watch: { enabled: true, every: watch.every } };
  const alerts = watch === undefined ? {} : { alerts: watch.alerts };
  return stringify({
    hosts: [{ timezone: 'Europe/Paris', ...host, ...schedules, ...away, ...watched }],
    ...notifications,
    ...alerts,
  });
}
