import path from 'node:path';
import type Docker from 'dockerode';
import { describeContainer, type ProjectContainer } from './containers.ts';
import { dockerFailure, dockerStatus } from './failure.ts';

/** A container of any compose project, with what it says about its project and its health. */
export type ComposeContainer = ProjectContainer & {
  readonly project: string;
  /** Absolute; v1 wrote them relative to the folder of the project. */
  readonly composeFiles: readonly string[];
  /** Paths of the addresses that its own health check asks. */
  readonly healthPaths: readonly string[];
  /** Ports (TCP) that it listens on inside, as far as it says so. */
  readonly exposedPorts: readonly number[];
};

/** Questions about every compose project at once. */
export const projectOperations = (docker: Docker) => ({
  /** The containers of every compose project, stopped ones included, one-off ones not. */
  composeContainers: async (): Promise<readonly ComposeContainer[]> => {
    try {
      const filters = { label: ['com.docker.compose.project'] };
      const listed = await docker.listContainers({ all: true, filters });
      const found = await Promise.all(listed.map(({ Id }) => inspectIfThere(docker, Id)));
      return found.flatMap((info) => {
        const container = info === null ? null : describeComposeContainer(info);
        return container === null ? [] : [container];
      });
    } catch (error) {
      throw dockerFailure('composeContainers', 'docker', error);
    }
  },
});

/** Reads what the engine says about a container; null when compose did not make it, or only for one command. */
export const describeComposeContainer = (info: Docker.ContainerInspectInfo): ComposeContainer | null => {
  const labels = info.Config.Labels;
  const project = labels['com.docker.compose.project'];
  if (project === undefined || labels['com.docker.compose.oneoff'] === 'True') return null;
  const container = describeContainer(info);
  const files = (labels['com.docker.compose.project.config_files'] ?? '').split(',');
  return {
    ...container,
    project,
    composeFiles: files
      .filter((file) => file !== '')
      .map((file) => path.posix.resolve(container.projectFolder ?? '/', file)),
    healthPaths: healthPathsIn(info.Config.Healthcheck?.Test ?? []),
    exposedPorts: Object.keys(info.Config.ExposedPorts ?? {})
      .filter((port) => !/\/(udp|sctp)$/.test(port))
      .map((port) => Number.parseInt(port, 10)),
  };
};

// Only the path: the rest of the command may hold anything.
const healthPathsIn = (test: readonly string[]): string[] =>
  [...test.join(' ').matchAll(/https?:\/\/[^/\s"']+(\/[\w./-]*)/g)].map(([, found = '/']) => found);

const inspectIfThere = async (docker: Docker, id: string): Promise<Docker.ContainerInspectInfo | null> => {
  try {
    return await docker.getContainer(id).inspect();
  } catch (error) {
    if (dockerStatus(error) === 404) return null;
    throw error;
  }
};
