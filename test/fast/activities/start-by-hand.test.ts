import { expect, test } from 'vitest';
import type { ComposeProject } from '../../../activities/adapters/compose/compose.ts';
import { chooseComposeTool } from '../../../activities/adapters/compose/tool.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { connectDocker } from '../../../activities/adapters/docker/docker.ts';
import { backupFailureReads } from '../../../activities/backups/backup-failure.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { Host } from '../../../activities/host.ts';
import { dockerCleanUpMutations } from '../../../activities/upkeep/docker-clean-up.ts';
import { buildSite } from '../data-owner/support/build-site.ts';
import { projectContainer } from './support/project-container.ts';
import { run, smallHost } from './support/small-host.ts';

const found: ComposeProject = {
  tool: { argv: ['docker', 'compose'], version: '2.24.0' },
  name: 'x',
  folder: '/srv/my app',
  files: ['a.yml', "it's b.yml"],
};

/** Starts this one service of the very project that runs, whatever it depends on stays as it is. */
const COMMAND = `cd '/srv/my app' && docker compose --project-name x --file a.yml --file 'it'\\''s b.yml' up --detach --no-build --pull never --no-deps backup`;

/** A host on which only these services have a container. */
function hostWith(project: Host['project'], services: readonly string[]) {
  const { config, data } = smallHost(buildSite());
  const projectContainers = async () => services.map((service) => projectContainer(service));
  const docker = { ...connectDocker('/nowhere'), projectContainers };
  return { config, data, docker, project };
}

async function answerOfLook(project: Host['project']) {
  const { data, ...host } = hostWith(project, ['app', 'nginx']);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the operations the look uses these alone
  const inThisProcess = {
    ...data,
    probeFolder: (args: Parameters<Host['data']['probeFolder']>[0]) => operations.probeFolder(args),
    roomForBackup: (args: Parameters<Host['data']['roomForBackup']>[0]) => operations.roomForBackup(args),
  } as unknown as Host['data'];
  const { checks } = await backupFailureReads({ ...host, data: inThisProcess }).lookAtBackups(run(), {});
  return checks.find(({ name }) => name === 'service backup is up')?.answer;
}

async function hintOfCleanUp(project: Host['project'], services: readonly string[] = ['app', 'nginx']) {
  const { cleanUpDocker } = dockerCleanUpMutations(hostWith(project, services));
  const effects = new Effects(false);
  const refused = cleanUpDocker({ ...run(), effects }, { things: [] });
  return refused.catch((error: { readonly hint: string }) => error.hint);
}

const printed: [string, (project: Host['project']) => Promise<unknown>][] = [
  ['the look at a missing backup', answerOfLook],
  ['the refused clean-up', (project) => hintOfCleanUp(project)],
];

test.each(printed)('%s names the project and its files, and makes no other service anew', async (_, tell) => {
  expect(await tell(async () => found)).toContain(COMMAND);
});

test('nothing but the app or the proxy is absent: the clean-up names the procedure that starts them, and no command', async () => {
  const hint = await hintOfCleanUp(async () => found, ['backup']);
  expect(hint).toContain('fdts-ops start applicationDown');
  expect(hint).not.toContain('--no-build');
});

test.each(printed)('%s says why where the command cannot be told', async (_, tell) => {
  const told = await tell(async () => ({ ...found, tool: chooseComposeTool([], []) }));
  expect(told).toContain('neither "docker compose" nor "docker-compose" answers on this host');
  expect(told).not.toContain('--no-build');
});
