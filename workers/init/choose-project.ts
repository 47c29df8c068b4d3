import type { ComposeContainer } from '../../activities/adapters/docker/projects.ts';
import { CliError } from '../../client/cli-error.ts';

/**
 * The compose project that is to be operated: the one that was asked for, or the only one.
 * @throws CliError `NO_PROJECT`, `SEVERAL_PROJECTS`, `PROJECT_NOT_FOUND`, with the list.
 */
export function chooseProject(containers: readonly ComposeContainer[], wanted: string | undefined): string {
  const projects = [...new Set(containers.map(({ project }) => project))].sort();
  if (wanted !== undefined) {
    if (projects.includes(wanted)) return wanted;
    throw refuse('PROJECT_NOT_FOUND', `--project: got "${wanted}", expected ${listed(projects, containers)}`);
  }
  const [only, ...others] = projects;
  if (only === undefined) {
    throw refuse(
      'NO_PROJECT',
      'got no container that compose made, expected a running FDTS: nothing was written',
      'Start FDTS (docker compose up -d, in its folder), then run init again.',
    );
  }
  if (others.length === 0) return only;
  throw refuse(
    'SEVERAL_PROJECTS',
    `got ${projects.length} compose projects, expected one: ${listed(projects, containers)}; nothing was written`,
  );
}

function refuse(
  code: string,
  message: string,
  hint = 'Say which one is FDTS: init --project NAME',
): CliError {
  return new CliError('usage', { code, message, hint });
}

function listed(projects: readonly string[], containers: readonly ComposeContainer[]): string {
  const texts = projects.map((project) => {
    const own = containers.filter((container) => container.project === project);
    const services = [...new Set(own.map(({ service }) => service))].join(', ');
    return `${project} (${own[0]?.projectFolder ?? 'folder unknown'}: ${services})`;
  });
  return texts.length === 0 ? 'one of none: no container here was made by compose' : texts.join('; ');
}
