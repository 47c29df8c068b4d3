import type { ProjectContainer } from '../../../../activities/adapters/docker/containers.ts';

/** A container of the project as the engine tells of it: one that runs, unless told otherwise. */
export function projectContainer(service: string, more: Partial<ProjectContainer> = {}): ProjectContainer {
  return {
    id: `${service}-1`,
    service,
    name: `fdts_${service}_1`,
    state: 'running',
    health: null,
    exitCode: 0,
    imageId: 'old',
    imageName: `fdts_${service}`,
    restartPolicy: 'always',
    mounts: [],
    publishedPorts: [],
    composeVersion: '1.29.2',
    configHash: null,
    networks: ['fdts_default'],
    projectFolder: '/opt/fdts',
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    ...more,
  };
}
