import { createFdtsClient } from '../sandbox/fdts-client.ts';
import { createProber } from '../sandbox/prober.ts';
import { releaseVersion } from '../sandbox/release-version.ts';
import { bringUp, type Environment } from './bring-up.ts';
import { changedData, dataFingerprint } from './demo/data-fingerprint.ts';
import { demoEnding } from './demo/demo-ending.ts';
import { type DemoOptions, readDemoOptions } from './demo/demo-options.ts';
import { demoTerminal } from './demo/demo-terminal.ts';
import { freshFdts } from './demo/fresh-fdts.ts';
import { keepReport } from './demo/keep-report.ts';
import { type DemoRun, runAndApprove } from './demo/run-and-approve.ts';
import type { Seen } from './demo/surprises.ts';
import { runMain } from './run-main.ts';
import { setRehearsal } from './set-rehearsal.ts';

const procedure = 'plannedMaintenance';

// The window itself, shown; setup/demo.ts builds before it and takes down after it.
await runMain(async () => {
  const options = readDemoOptions(process.argv.slice(2));
  const environment = await bringUp({ useGiven: true });
  const terminal = demoTerminal(environment.server.environment, options.json);
  if (!environment.isNewHost) await freshFdts(environment, terminal);
  await setRehearsal(environment.host, !options.breakApp);
  if (options.breakApp)
    terminal.out('The rehearsal is off: it would find the broken release before anybody is shut out.\n');
  const { run, seen } = await runWindow(environment, options, terminal);
  const report = run.report?.path == null ? null : await keepReport(environment.host, run.report.path);
  const { summary, json, exitCode } = demoEnding({
    procedure,
    run,
    seen,
    report,
    breakApp: options.breakApp,
  });
  terminal.out(summary);
  if (options.json) process.stdout.write(`${JSON.stringify(json)}\n`);
  return exitCode;
});

async function runWindow(
  { host }: Environment,
  { breakApp }: DemoOptions,
  terminal: ReturnType<typeof demoTerminal>,
): Promise<{ run: DemoRun; seen: Seen }> {
  const before = await dataFingerprint(host);
  await releaseVersion(host, { version: '1.1.0', ...(breakApp ? { broken: 'never-healthy' } : {}) });
  terminal.out(
    `\nReleased ${breakApp ? 'a broken 1.1.0 (it never gets healthy)' : '1.1.0'}; FDTS 1.0.0 serves at ${host.httpUrl}\n`,
  );
  const prober = createProber(`${host.httpUrl}/api/health`);
  prober.start();
  const [run] = await Promise.allSettled([runAndApprove(procedure, terminal)]);
  // In any case: a prober that goes on would keep this program from ending.
  const { downtimeSeconds } = await prober.stop();
  if (run.status === 'rejected') throw run.reason;
  const version = await createFdtsClient(host.httpUrl)
    .health()
    .then((health) => health.version)
    .catch(() => null);
  const changed =
    version === null
      ? ['not readable: FDTS does not serve']
      : changedData(before, await dataFingerprint(host));
  return { run: run.value, seen: { outcome: run.value.outcome, version, changed, downtimeSeconds } };
}
