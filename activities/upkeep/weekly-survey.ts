import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { WeeklySurvey } from '../../workflows/contracts/weekly-plan.ts';
import { backupReads } from '../backups/backups.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { type Disk, diskCheckName, isCleanedWeekly, lookAtDisks } from '../survey/disks.ts';
import { noReasonToRefuse, surveyReads } from '../survey/survey.ts';

/** Finding out what the weekly maintenance has to know before anything is changed. */
export function weeklySurveyReads(host: Host) {
  const { config, docker } = host;

  /** As for a window; but no backup is made when nothing has to stop, so that a recent verified one has to be there. */
  const surveyWeekly: Read<Record<string, never>, WeeklySurvey> = async (context) => {
    const survey = await surveyReads(host).surveyHost(context, {});
    const backups = (await backupReads(host).checkBackups(context, {})).checks;
    const names = new Set(backups.map(({ name }) => name));
    const { disks } = await lookAtDisks(host, context.signal);
    const containers = await docker.projectContainers(config.project.name);
    const moved = await Promise.all(
      containers.map(async ({ service, imageName, imageId }) => {
        const tagged = await docker.inspectImage(imageName);
        return tagged === null || tagged.id === imageId ? [] : [service];
      }),
    );
    return {
      ...survey,
      checks: mayBeCleaned([...survey.checks.filter(({ name }) => !names.has(name)), ...backups], disks),
      movedTags: moved.flat(),
    };
  };

  return { surveyWeekly };
}

/** A full disk on which the clean-up makes room is what this run is for: no reason to refuse it. */
export function mayBeCleaned(checks: readonly CheckResult[], disks: readonly Disk[]): CheckResult[] {
  const cleaned = new Set(disks.filter(isCleanedWeekly).map(diskCheckName));
  return checks.map((check) => (cleaned.has(check.name) ? noReasonToRefuse(check) : check));
}
