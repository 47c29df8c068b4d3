import type { WeeklySurvey } from '../../workflows/contracts/weekly-plan.ts';
import { backupReads } from '../backups/backups.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { surveyReads } from '../survey/survey.ts';

/** Finding out what the weekly maintenance has to know before anything is changed. */
export function weeklySurveyReads(host: Host) {
  const { config, docker } = host;

  /** As for a window; but no backup is made when nothing has to stop, so that a recent verified one has to be there. */
  const surveyWeekly: Read<Record<string, never>, WeeklySurvey> = async (context) => {
    const survey = await surveyReads(host).surveyHost(context, {});
    const backups = (await backupReads(host).checkBackups(context, {})).checks;
    const names = new Set(backups.map(({ name }) => name));
    const containers = await docker.projectContainers(config.project.name);
    const moved = await Promise.all(
      containers.map(async ({ service, imageName, imageId }) => {
        const tagged = await docker.inspectImage(imageName);
        return tagged === null || tagged.id === imageId ? [] : [service];
      }),
    );
    return {
      ...survey,
      checks: [...survey.checks.filter(({ name }) => !names.has(name)), ...backups],
      movedTags: moved.flat(),
    };
  };

  return { surveyWeekly };
}
