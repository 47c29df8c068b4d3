import path from 'node:path';
import { type AppClientOptions, createAppClient } from '../activities/adapters/app/app-client.ts';
import { composeUser } from '../activities/adapters/compose/files.ts';
import { withOwnOverride } from '../activities/adapters/compose/override.ts';
import {
  type ComposeTool,
  chooseComposeTool,
  installedComposeTools,
} from '../activities/adapters/compose/tool.ts';
import { createDataOwner } from '../activities/adapters/data-owner/run-as-owner.ts';
import { connectDocker } from '../activities/adapters/docker/docker.ts';
import { machineId } from '../activities/adapters/machine/host-facts.ts';
import { makeFolderOfOwner } from '../activities/adapters/machine/leave-to-folder-owner.ts';
import { openFiles } from '../activities/adapters/machine/open-files.ts';
import { createNotifier } from '../activities/adapters/notify/notifier.ts';
import { ReportStore } from '../activities/adapters/report-store.ts';
import type { Host } from '../activities/host.ts';
import { toMilliseconds } from '../config/duration.ts';
import type { HostConfig } from '../config/host-schema.ts';
import { withFreePorts } from './free-ports.ts';
import { notificationChannels } from './notification-channels.ts';

/** Where the engine listens. */
export const DOCKER_SOCKET = '/var/run/docker.sock';
/** Who can read every file of the configuration: the env file is often root's alone. */
const ROOT = { uid: 0, gid: 0 };
const NOTIFY_TIMEOUT_MS = 30_000;

/** Puts the adapters of one host together from its configuration; a worker says where its Temporal server is. */
export async function composeHost(
  config: HostConfig,
  temporalAddress: Host['temporalAddress'] = null,
): Promise<Host> {
  const docker = withFreePorts(connectDocker(DOCKER_SOCKET), config.project.name);
  await makeFolderOfOwner(path.join(config.state.folder, 'reports'), 0o750);
  return {
    config,
    machineId: await machineId(),
    temporalAddress,
    data: createDataOwner({ owner: config.data.owner, pace: 'gentle' }),
    bundles: createDataOwner({ owner: ROOT, pace: 'gentle' }),
    asRoot: createDataOwner({ owner: ROOT, pace: 'gentle' }),
    copies: createDataOwner({ owner: ROOT, pace: 'gentle' }),
    docker,
    app: createAppClient(appOptions(config)),
    notifier: createNotifier({
      file: config.notifications.file,
      channels: notificationChannels(config.notifications),
      timeoutMs: NOTIFY_TIMEOUT_MS,
    }),
    reports: new ReportStore(path.join(config.state.folder, 'reports')),
    project: composeProject(config, docker),
    openFiles,
  };
}

/** Where the app is asked, by a configuration. */
export function appOptions({ checks }: HostConfig): AppClientOptions {
  return { ...checks, timeoutMs: toMilliseconds(checks.timeout) };
}

/** The compose that made the containers is looked up once for each version that they name. */
function composeProject(config: HostConfig, docker: Host['docker']): Host['project'] {
  const chosen = new Map<string, ComposeTool>();
  return async (signal) => {
    const containers = await docker.projectContainers(config.project.name);
    const madeBy = [...new Set(containers.map(({ composeVersion }) => composeVersion))];
    const key = madeBy.join(' ');
    const tool = chosen.get(key) ?? chooseComposeTool(await installedComposeTools(signal), madeBy);
    chosen.set(key, tool);
    const { composeFiles, envFile, folder, name } = config.project;
    const files = await withOwnOverride(composeFiles);
    const runAs = await composeUser([...files, ...(envFile === null ? [] : [envFile])], DOCKER_SOCKET);
    return { tool, name, folder, files, ...(runAs === undefined ? {} : { runAs }) };
  };
}
