import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { emergencyImageMutations } from '../../../activities/emergency/emergency-images.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { projectContainer } from '../activities/support/project-container.ts';
import { run } from '../activities/support/small-host.ts';

const config = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
const wanted = { service: 'app', image: 'registry.example.org/fdts/app:1.2.4' };
const digest = `sha256:${'d'.repeat(64)}`;
/** The engine's names of images, and what was pulled. */
let tags: Map<string, string>;
let pulled: string[];

beforeEach(() => {
  tags = new Map();
  pulled = [];
});

const container = (service: string, imageName: string) =>
  projectContainer(service, { id: service, imageId: `sha256:${service}`, imageName });

const image = (id: string) => ({
  id,
  tags: [],
  repoDigests: [],
  labels: {},
  createdAt: '2026-01-04T02:00:00.000Z',
  sizeBytes: 1,
});

/** `registry`: whether it has the wanted image. */
function prepare(registry: boolean, { dryRun = false, pull = true } = {}) {
  const { prepareEmergencyImages } = emergencyImageMutations({
    config: { ...config, maintenance: { ...config.maintenance, images: { pull, build: true } } },
    docker: {
      projectContainers: async () => [
        container('app', 'fdts_app:latest'),
        container('jobs', 'fdts_app:latest'),
        container('nginx', 'nginx:1'),
        container('pinned', `redis@${digest}`),
      ],
      tagImage: async (id, name) => void tags.set(name, id),
      inspectImage: async (name) => {
        const id = tags.get(name);
        return id === undefined ? null : image(id);
      },
      registryDigest: async () =>
        registry ? { digest, reason: null } : { digest: null, reason: 'no such repository' },
      pullByDigest: async (_, wantedDigest) => {
        pulled.push(wantedDigest);
        return image('sha256:new');
      },
    },
  });
  const effects = new Effects(dryRun);
  const made = prepareEmergencyImages({ ...run(), effects }, { change: wanted });
  return made.then((images) => ({ images, commands: effects.commands }));
}

describe('the image of an emergency change', () => {
  it('comes from the registry by digest, for every service of that image name; the others stay', async () => {
    const { images } = await prepare(true);
    expect(images.map(({ service, oldId, newId, how }) => [service, oldId, newId, how])).toEqual([
      ['app', 'sha256:app', 'sha256:new', 'pulled'],
      ['jobs', 'sha256:jobs', 'sha256:new', 'pulled'],
      ['nginx', 'sha256:nginx', 'sha256:nginx', 'unchanged'],
      ['pinned', 'sha256:pinned', 'sha256:pinned', 'unchanged'],
    ]);
    expect(pulled).toEqual([digest]);
    // No name of a service moves; what runs has one of the run.
    expect([...tags.keys()].sort()).toEqual([
      'fdts_app:fdts-ops-new-20260601-020000',
      'fdts_app:fdts-ops-old-20260601-020000',
      'nginx:fdts-ops-old-20260601-020000',
    ]);
  });

  it.each([
    ['no registry has it', {}, 'no such repository'],
    ['pulling is switched off', { pull: false }, 'maintenance.images.pull'],
  ])('is the one of that name on the host when %s, and says so', async (_, how, reason) => {
    tags.set(wanted.image, 'sha256:here');
    const { images } = await prepare(false, how);
    expect(images[0]).toMatchObject({ newId: 'sha256:here', how: 'found here' });
    expect(images[0]?.note).toContain(reason);
  });

  it('that is nowhere ends the run', async () => {
    await expect(prepare(false)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      retryable: false,
      message: expect.stringContaining('no such repository'),
    });
  });

  it('is only listed in a dry run', async () => {
    const { commands } = await prepare(true, { dryRun: true });
    expect(commands.join('\n')).toContain(`docker pull ${wanted.image}@${digest}`);
    expect([...tags]).toEqual([]);
    expect(pulled).toEqual([]);
  });
});
