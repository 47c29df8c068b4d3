import type Docker from 'dockerode';
import { dockerFailure, dockerStatus } from './failure.ts';

/** A container of a compose project, as the engine sees it now. */
export type ProjectContainer = {
  readonly id: string;
  readonly service: string;
  readonly name: string;
  readonly state: string;
  /** null: the image has no health check. */
  readonly health: string | null;
  readonly exitCode: number;
  readonly imageId: string;
  /** The name that the container was made from; the tag may point elsewhere by now. */
  readonly imageName: string;
  readonly restartPolicy: RestartPolicy;
  readonly mounts: readonly {
    type: string;
    name: string | null;
    source: string;
    target: string;
    readOnly: boolean;
  }[];
  readonly publishedPorts: readonly { hostIp: string; published: number; target: number; protocol: string }[];
  readonly composeVersion: string | null;
  /** What compose made it from, as compose itself tells whether that changed. */
  readonly configHash: string | null;
  /** The networks that it is attached to, by name. */
  readonly networks: readonly string[];
  readonly projectFolder: string | null;
  /** ISO time in UTC: its log begins then. */
  readonly createdAt: string;
  /** ISO time in UTC; null: never started. */
  readonly startedAt: string | null;
};

/** As compose writes it: `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:N`. */
export type RestartPolicy = string;

/** A container that runs, of whatever project (null: none), and the ports of the host that it has. */
export type RunningContainer = {
  readonly name: string;
  readonly project: string | null;
  readonly ports: readonly number[];
};

/** What is done with containers; `id` may be a name as well. */
export const containerOperations = (docker: Docker, connect: (silenceMs: number) => Docker) => ({
  /** All containers of a compose project, stopped ones included, one-off ones (`run`) not. */
  projectContainers: async (project: string): Promise<readonly ProjectContainer[]> => {
    try {
      const filters = { label: [`com.docker.compose.project=${project}`] };
      const listed = await docker.listContainers({ all: true, filters });
      const lasting = listed.filter(({ Labels }) => Labels['com.docker.compose.oneoff'] !== 'True');
      const found = await Promise.all(lasting.map(({ Id }) => inspectIfThere(docker, Id)));
      return found
        .flatMap((container) => (container === null ? [] : [describeContainer(container)]))
        .sort(byService);
    } catch (error) {
      throw dockerFailure('projectContainers', project, error);
    }
  },

  /** Everything that runs on this engine. */
  runningContainers: async (): Promise<readonly RunningContainer[]> => {
    try {
      return (await docker.listContainers()).map(({ Id, Names, Labels, Ports }) => ({
        name: Names[0]?.replace(/^\//, '') ?? Id,
        project: Labels['com.docker.compose.project'] ?? null,
        ports: Ports.flatMap(({ PublicPort }) => (PublicPort ? [PublicPort] : [])),
      }));
    } catch (error) {
      throw dockerFailure('runningContainers', 'docker', error);
    }
  },

  /** One container, null when there is none of this id or name. */
  inspectContainer: async (id: string): Promise<ProjectContainer | null> => {
    try {
      const found = await inspectIfThere(docker, id);
      return found === null ? null : describeContainer(found);
    } catch (error) {
      throw dockerFailure('inspectContainer', id, error);
    }
  },

  /** Changes the policy of an existing container; survives a reboot and an upgrade of the engine. */
  setRestartPolicy: async (id: string, policy: RestartPolicy): Promise<void> => {
    const [name = 'no', retries = '0'] = policy.split(':');
    try {
      await docker
        .getContainer(id)
        .update({ RestartPolicy: { Name: name, MaximumRetryCount: Number(retries) } });
    } catch (error) {
      throw dockerFailure('setRestartPolicy', id, error);
    }
  },

  /** Asks a container to end, and kills it after the timeout; no error when it is stopped already. */
  stopContainer: async (id: string, timeoutSeconds: number): Promise<void> => {
    // The engine is silent until the container has ended, and that may be allowed to take long.
    const patient = connect((timeoutSeconds + STOP_ALLOWANCE_SECONDS) * 1000);
    try {
      await patient.getContainer(id).stop({ t: timeoutSeconds });
    } catch (error) {
      if (dockerStatus(error) !== notModified) throw dockerFailure('stopContainer', id, error);
    }
  },

  /** Asks a container to end, kills it after the timeout, and starts it again: one call, which the engine ends whoever asked. */
  restartContainer: async (id: string, timeoutSeconds: number): Promise<void> => {
    const patient = connect((timeoutSeconds + STOP_ALLOWANCE_SECONDS) * 1000);
    try {
      await patient.getContainer(id).restart({ t: timeoutSeconds });
    } catch (error) {
      throw dockerFailure('restartContainer', id, error);
    }
  },

  /** Starts a container; no error when it runs already. */
  startContainer: async (id: string): Promise<void> => {
    try {
      await docker.getContainer(id).start();
    } catch (error) {
      if (dockerStatus(error) !== notModified) throw dockerFailure('startContainer', id, error);
    }
  },
});

const notModified = 304;

/** What the engine may need besides the time that a container is given to end. */
const STOP_ALLOWANCE_SECONDS = 60;

const inspectIfThere = async (docker: Docker, id: string): Promise<Docker.ContainerInspectInfo | null> => {
  try {
    return await docker.getContainer(id).inspect();
  } catch (error) {
    if (dockerStatus(error) === 404) return null;
    throw error;
  }
};

/** What fdts-ops knows of a container, from what the engine says when it is inspected. */
export const describeContainer = (container: Docker.ContainerInspectInfo): ProjectContainer => {
  const { State, Config, HostConfig, Mounts } = container;
  const label = (name: string): string | null => Config.Labels[`com.docker.compose.${name}`] ?? null;
  return {
    id: container.Id,
    service: label('service') ?? '',
    name: container.Name.replace(/^\//, ''),
    state: State.Status,
    health: State.Health?.Status ?? null,
    exitCode: State.ExitCode,
    imageId: container.Image,
    imageName: Config.Image,
    restartPolicy: restartPolicyOf(HostConfig),
    mounts: Mounts.map(({ Type, Name, Source, Destination, RW }) => ({
      type: Type ?? 'bind',
      name: Name ?? null,
      source: Source,
      target: Destination,
      readOnly: !RW,
    })),
    publishedPorts: publishedPorts(container),
    composeVersion: label('version'),
    configHash: label('config-hash'),
    networks: Object.keys(container.NetworkSettings.Networks),
    projectFolder: label('project.working_dir'),
    createdAt: new Date(container.Created).toISOString(),
    startedAt: State.StartedAt.startsWith('0001-') ? null : new Date(State.StartedAt).toISOString(),
  };
};

const restartPolicyOf = ({ RestartPolicy }: Docker.HostConfig): RestartPolicy => {
  const { Name = 'no', MaximumRetryCount = 0 } = RestartPolicy ?? {};
  return MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name || 'no';
};

// A stopped container has none in its network settings: then what it would publish.
const publishedPorts = (container: Docker.ContainerInspectInfo): ProjectContainer['publishedPorts'] => {
  const { NetworkSettings, HostConfig, State } = container;
  const bindings: unknown = State.Running ? NetworkSettings.Ports : HostConfig.PortBindings;
  return Object.entries(bindings ?? {}).flatMap(([port, list]: [string, unknown]) => {
    const [target, protocol = 'tcp'] = port.split('/');
    return (Array.isArray(list) ? list : []).map((binding: { HostIp?: string; HostPort?: string }) => ({
      hostIp: binding.HostIp ?? '',
      published: Number(binding.HostPort ?? 0),
      target: Number(target),
      protocol,
    }));
  });
};

const byService = (a: ProjectContainer, b: ProjectContainer): number =>
  a.service.localeCompare(b.service) || a.name.localeCompare(b.name);
