import type { Command } from 'commander';
import { controlOfSingleHost } from '../config/control-schema.ts';
import { loadControlConfig } from '../config/load-control-config.ts';
import { loadHostConfig } from '../config/load-host-config.ts';
import { registerBundle } from './bundle-command.ts';
import { type ClearOptions, runClear } from './clear-command.ts';
import { registerEvidence } from './evidence-command.ts';
import { type InitOptions, runInit } from './init/init-command.ts';
import { registerInstallFacts } from './install-facts-command.ts';
import { type RecoverOptions, runRecover } from './recover-command.ts';
import { registerRecoverSite } from './recover-site-command.ts';
import { runWorkers } from './run-workers.ts';
import { registerUninstallObstacles } from './uninstall-obstacles-command.ts';

export { hostDoctor } from './host-doctor.ts';

const HOST_CONFIG = '/etc/fdts-ops/host.yml';
const CONTROL_CONFIG = '/etc/fdts-ops/control.yml';
const CONTROL_HEALTH_PORT = 9462;

type Out = (text: string) => void;

/** The verbs that work on the host itself; none of them but `worker` needs a Temporal server. */
export function registerHostCommands(
  program: Command,
  out: Out = (text) => void process.stdout.write(`${text}\n`),
): void {
  program
    .command('worker')
    .description('run a worker: control (near the server), host (on the host), or both in one process')
    .requiredOption('--role <role>', 'control, host or both')
    .option('--config <file>', "the host's configuration", HOST_CONFIG)
    .option('--control-config <file>', "the control worker's configuration", CONTROL_CONFIG)
    .option('--health-port <port>', 'port on loopback of GET /healthz; default from the configuration')
    .action(runWorker);
  program
    .command('init')
    .description(
      'make the first configuration of this host from what is found on it, as a new file; changes nothing else',
    )
    .option('--project <name>', 'the compose project that is FDTS; not needed when there is only one')
    .option('--output <file>', 'the file to write; never one that exists', HOST_CONFIG)
    .option('--json', 'answer in JSON')
    .action((options: InitOptions) => runInit(options, out));
  program
    .command('recover')
    .description(
      'finish or take back what an interrupted run left on this host, from its journal, without any server',
    )
    .option('--config <file>', "the host's configuration", HOST_CONFIG)
    .option(
      '--back',
      'after the cut-over too: go back to the old images, with the current database (else an unfinished run is finished)',
    )
    .option(
      '--finish',
      'let users in on the images that are tagged now, although the run was going back after its cut-over',
    )
    .option('--dry-run', 'only say what would be done')
    .option(
      '--yes',
      'take the host away from a run that is still open without asking; needed where nobody can be asked (no terminal, or --json)',
    )
    .option('--json', 'answer in JSON')
    .action((options: RecoverOptions) => runRecover(options, out));
  program
    .command('clear')
    .description(
      'lift quarantine and open incidents of this host because it was mended by hand; undoes nothing',
    )
    .requiredOption('--reason <text>', 'why the host is fit again; kept in the journal')
    .option(
      '--force',
      'also when a run is still open: only after FDTS was mended by hand and recover cannot work',
    )
    .option('--config <file>', "the host's configuration", HOST_CONFIG)
    .option('--json', 'answer in JSON')
    .action((options: ClearOptions) => runClear(options, out));
  registerRecoverSite(program, out);
  registerBundle(program, HOST_CONFIG, out);
  registerEvidence(program, HOST_CONFIG, out);
  registerInstallFacts(program, out);
  registerUninstallObstacles(program, out);
}

interface WorkerOptions {
  readonly role: string;
  readonly config: string;
  readonly controlConfig: string;
  readonly healthPort?: string;
}

async function runWorker(options: WorkerOptions): Promise<void> {
  if (!['control', 'host', 'both'].includes(options.role)) {
    throw new Error(`--role: got ${JSON.stringify(options.role)}, expected control, host or both`);
  }
  const host = options.role === 'control' ? null : await loadHostConfig(options.config);
  const control =
    options.role === 'host'
      ? null
      : options.role === 'both' && host !== null
        ? controlOfSingleHost(host)
        : await loadControlConfig(options.controlConfig);
  await runWorkers({
    host,
    control,
    healthPort: Number(options.healthPort ?? host?.worker.healthPort ?? CONTROL_HEALTH_PORT),
    metricsPort: host?.worker.metricsPort ?? null,
  });
}
