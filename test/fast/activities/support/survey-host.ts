import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '../../../../activities/adapters/data-owner/operations/index.ts';
import type { ProjectContainer } from '../../../../activities/adapters/docker/containers.ts';
import { OperationError } from '../../../../activities/adapters/operation-error.ts';
import type { Host } from '../../../../activities/host.ts';
import { context, type Site } from '../../data-owner/support/build-site.ts';
import { smallHost } from './small-host.ts';

/**
 * A host as far as looking at it before a backup, a stop or a window needs one, on a real site. `containers`: null is an engine that
 * does not answer; `volumes`: what the compose file mounts into the app.
 */
export function surveyHost(
  site: Site,
  {
    containers = [],
    volumes = [],
    isServing = true,
  }: {
    readonly containers?: readonly ProjectContainer[] | null;
    readonly volumes?: readonly string[];
    readonly isServing?: boolean;
  } = {},
): Host {
  const small = smallHost(site);
  const compose = join(site.root, 'docker-compose.yml');
  writeFileSync(compose, '');
  mkdirSync(small.config.state.folder, { recursive: true });
  const resolved = JSON.stringify({ services: { app: { image: 'x', volumes } } });
  const made = {
    ...small,
    config: { ...small.config, project: { ...small.config.project, unit: null } },
    data: { ...small.data, ...inThisProcess },
    docker: {
      projectContainers: async () => {
        if (containers === null) throw noAnswer;
        return containers;
      },
      inspectImage: async () => null,
      engineInfo: async () => ({ dataFolder: site.root }),
    },
    app: { checkHealth: async () => ({ ok: isServing }) },
    project: async () => ({
      tool: { argv: ['sh', '-c', 'printf %s "$0"', resolved], version: '2.40.0' },
      name: 'fdts',
      folder: site.root,
      files: [compose],
    }),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- these looks use these alone
  return made as unknown as Host;
}

const inThisProcess = {
  inspectDatabase: (args) => operations.inspectDatabase(args, context),
  freeSpace: (args) => operations.freeSpace(args),
  roomForBackup: (args) => operations.roomForBackup(args),
  findRestoreObstacles: (args) => operations.findRestoreObstacles(args),
  lookForObstacles: (args) => operations.lookForObstacles(args),
  findAside: (args) => operations.findAside(args),
  lookThroughUploads: (args) => operations.lookThroughUploads(args),
} satisfies Partial<Host['data']>;

const noAnswer = new OperationError({
  code: 'DOCKER_UNREACHABLE',
  operation: 'projectContainers',
  target: 'fdts',
  cause: 'no answer',
  hint: 'start Docker',
  retryable: true,
});
