import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type {
  EmergencyChange,
  EmergencySurvey,
  SeenScript,
} from '../../workflows/contracts/emergency-plan.ts';
import type { ServiceState } from '../../workflows/contracts/window-plan.ts';
import { examineScript } from '../adapters/machine/site-script.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { backupReads } from '../backups/backups.ts';
import { errorRateReads } from '../diagnosis/error-rate.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { packageCheck } from '../survey/package-check.ts';
import { lastDowntime, surveyStop } from '../survey/survey-stop.ts';
import { wrongChange } from './judge-change.ts';

const TIMEOUT_MS = 60_000;

/** Finding out whether an emergency change may be made, whatever state the app is in. */
export function emergencySurveyReads(host: Host) {
  const { config, reports } = host;

  /** Everything that an emergency change needs, checked. An app that does not work is no obstacle: it may be the reason. */
  const surveyEmergency: Read<EmergencyChange, EmergencySurvey> = async (context, change) => {
    const stop = await surveyStop(host, context);
    const { check: rate, told } = await errorRateReads(host).errorRate(context, { seconds: null });
    const backup = await backupReads(host).surveyBackup(context, {});
    const wrong = wrongChange(change, {
      repositories: config.emergency.images,
      held: config.maintenance.packages.hold,
      app: config.services.app,
      services: stop.services,
    });
    const seen =
      wrong === null && change.kind === 'script' ? await lookAt(change.what, context.signal) : null;
    return {
      ...stop,
      checks: [
        {
          name: 'the change is one that this host allows',
          status: wrong === null ? 'pass' : 'fail',
          expected: wrong?.expected ?? 'allowed by emergency',
          got: wrong?.got ?? change.what,
          answer: 'correct the input, or the configuration of the host; nothing was changed',
        },
        ...(seen === null ? [] : [seen.check]),
        ...(change.kind === 'packages' ? [await packageCheck(context.signal)] : []),
        ...backup.checks,
        ...stop.checks.filter(({ name }) => !backup.checks.some((check) => check.name === name)),
        ...movedTags(stop.services),
      ],
      // Going back to what did not work helps nobody.
      wasServing: stop.wasHealthy && rate.status !== 'fail',
      users: [stop.wasHealthy ? 'the app says that it is healthy' : 'the app is not healthy', told],
      script: seen?.script ?? null,
      scriptSeconds: config.emergency.scriptTimeout,
      stopAndStartSeconds: config.maintenance.stopTimeout + config.maintenance.healthTimeout,
      watchSeconds: config.emergency.watch,
      lastDowntimeSeconds: await lastDowntime(reports, 'emergencyMaintenance'),
    };
  };

  /** The script as it is now, by its hash; the reason where root would not run it. */
  const lookAtScript: Read<
    { readonly name: string },
    { readonly script: SeenScript | null; readonly check: CheckResult }
  > = ({ signal }, { name }) => lookAt(name, signal);

  async function lookAt(name: string, signal: AbortSignal) {
    const folder = config.emergency.scripts;
    if (folder === null)
      return { script: null, check: refusedScript('emergency.scripts is null: no scripts') };
    try {
      const found = await examineScript(name, { timeoutMs: TIMEOUT_MS, signal });
      const script = { ...found, path: path.join(folder, name) };
      return { script, check: { ...refusedScript(`sha256 ${found.sha256}`), status: 'pass' as const } };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError) || error.code !== 'ROOT_TASK_REFUSED') throw error;
      return { script: null, check: refusedScript(error.message) };
    }
  }

  return { surveyEmergency, lookAtScript };
}

function refusedScript(got: string): CheckResult {
  return {
    name: 'root would run the script',
    status: 'fail',
    expected: 'a file of root, directly in emergency.scripts, that nobody else can change',
    got,
    answer:
      'put it there as root (chown root:root, chmod 0755), and run packaging/install-host.sh after a change of emergency.scripts',
  };
}

/** A start uses what a name points to: this run points it to what runs, and what somebody prepared would lose the name. */
function movedTags(services: readonly ServiceState[]): CheckResult[] {
  return services
    .filter(({ taggedId, imageId }) => taggedId !== undefined && taggedId !== null && taggedId !== imageId)
    .map(({ service, image }) => ({
      name: `${image} names the image that runs`,
      status: 'not proven',
      expected: 'no other image prepared',
      got: `another one is prepared for ${service}: it is not deployed, and loses this name`,
      answer: 'give it a second tag first, when it is needed later',
    }));
}
