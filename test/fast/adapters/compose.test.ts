import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { displayCommand } from '../../../activities/adapters/command/command.ts';
import {
  type ComposeProject,
  composeBuild,
  composeConfig,
  composeHashes,
  composeUp,
  runImageOverride,
} from '../../../activities/adapters/compose/compose.ts';
import { readComposeModel } from '../../../activities/adapters/compose/model.ts';
import { readPort } from '../../../activities/adapters/compose/port.ts';
import { type ComposeTool, chooseComposeTool } from '../../../activities/adapters/compose/tool.ts';
import { baseImages } from '../../../activities/adapters/docker/base-images.ts';
import {
  isFixedImage,
  isOwnTag,
  parseImageReference,
  runImage,
} from '../../../activities/adapters/docker/image-reference.ts';

const v1: ComposeTool = { argv: ['docker-compose'], version: '1.29.2' };
const v2: ComposeTool = { argv: ['docker', 'compose'], version: '2.24.0' };
const captured = (name: string): Promise<string> =>
  readFile(new URL(`captured/${name}`, import.meta.url), 'utf8');

describe('choosing the compose that made the containers', () => {
  it('refuses when only another major is installed, because every container would be made anew', () => {
    expect(() => chooseComposeTool([v2], ['1.29.2'])).toThrow(/made by compose 1, installed is 2\.24\.0/);
  });

  it('refuses a stack that two majors made', () => {
    expect(() => chooseComposeTool([v2, v1], ['1.29.2', '2.20.1'])).toThrow(
      /made by compose 1 and 2 or newer/,
    );
  });

  it('says so when none is installed', () => {
    expect(() => chooseComposeTool([], ['2.1.0'])).toThrow(/neither/);
  });

  it('takes the one that made them, also v2 under the old name, and the newest when nothing runs', () => {
    const renamed: ComposeTool = { argv: ['docker-compose'], version: '2.24.0' };
    expect(chooseComposeTool([v2, v1], ['1.29.2', null])).toBe(v1);
    expect(chooseComposeTool([v2, v1], ['2.3.4'])).toBe(v2);
    expect(chooseComposeTool([renamed], ['5.0.0'])).toBe(renamed);
    expect(chooseComposeTool([v2, v1], [])).toBe(v2);
  });
});

describe('compose commands', () => {
  const project: ComposeProject = {
    tool: v1,
    name: 'fdts',
    folder: '/opt/fdts',
    files: ['docker-compose.yml'],
  };

  it('are shown as they are run, v1 and v2', () => {
    expect(
      displayCommand(composeUp(project, ['app', 'nginx'], { noBuild: true, noDeps: true, noStart: true })),
    ).toBe(
      'cd /opt/fdts && docker-compose --project-name fdts --file docker-compose.yml up --no-start --no-build --no-deps app nginx',
    );
    expect(
      displayCommand(
        composeUp({ ...project, tool: v2 }, [], { noBuild: true, noDeps: true, forceRecreate: true }),
      ),
    ).toBe(
      'cd /opt/fdts && docker compose --project-name fdts --file docker-compose.yml up --detach --no-build --pull never --no-deps --force-recreate',
    );
  });

  it('show the user that they run as', () => {
    const command = composeConfig({ ...project, runAs: { uid: 0, gid: 990 } });
    expect(displayCommand(command)).toContain('cd /opt/fdts && sudo docker-compose');
  });

  it('build under a name of the run, never under the service’s tag', () => {
    const image = runImage('localhost:5000/fdts/app:latest', 'new', '20261101t020000z');
    expect(parse(runImageOverride('app', image))).toEqual({
      services: { app: { image: 'localhost:5000/fdts/app:fdts-ops-new-20261101t020000z' } },
    });
    const { argv } = composeBuild(project, 'app', { overrideFile: '/var/o.yml', noCache: true });
    expect(argv.slice(3)).toEqual([
      '--file',
      'docker-compose.yml',
      '--file',
      '/var/o.yml',
      'build',
      '--no-cache',
      'app',
    ]);
  });

  it('keep what compose says out of errors: it quotes values of env files', () => {
    for (const command of [
      composeConfig(project),
      composeHashes(project),
      composeUp(project, ['app'], { noBuild: true }),
      composeBuild(project, 'app', { overrideFile: '/var/o.yml' }),
    ])
      expect(command.secretOutput).toBe(true);
  });
});

describe('reading a resolved compose project', () => {
  it('rejects what is not a compose project without quoting it', () => {
    expect(() => readComposeModel('a: [hunter2')).toThrow(/not YAML/);
    expect(() => readComposeModel('password: hunter2')).toThrow(/^(?!.*hunter2).*no services/);
    expect(() => readComposeModel('services: {app: {ports: ["hunter2"]}}')).toThrow(
      /^(?!.*hunter2).*services\.app\.ports/,
    );
  });

  it('reads v1 and v2 to the same ports, mounts, images and builds', async () => {
    const [one, two] = [
      readComposeModel(await captured('config-v1.yml')),
      readComposeModel(await captured('config-v2.yml')),
    ];
    expect(one.services['app']).toEqual(two.services['app']);
    expect(one.services['app']).toMatchObject({
      image: 'fdts_app:latest',
      build: { context: '/opt/fdts', dockerfile: 'Dockerfile' },
      containerName: 'fdts_app',
      restart: 'unless-stopped',
      networks: ['n'],
    });
    expect(one.services['app']?.mounts).toEqual([
      { type: 'bind', source: '/opt/fdts/data', target: '/app/data', readOnly: false },
      { type: 'bind', source: '/etc/x', target: '/x', readOnly: true },
      { type: 'volume', source: 'named', target: '/n', readOnly: false },
    ]);
    expect(one.services['nginx']?.build).toBeNull();
    expect(two.networks['n']).toEqual({ name: 'fdts_n', external: false });
  });

  it('lets no environment value in', async () => {
    for (const file of ['config-v1.yml', 'config-v2.yml']) {
      const text = await captured(file);
      expect(text).toContain('hunter2');
      expect(JSON.stringify(readComposeModel(text))).not.toContain('hunter2');
    }
  });

  it('reads every short form of a port', () => {
    expect(readPort('80:8080')).toEqual({ hostIp: null, published: 80, target: 8080, protocol: 'tcp' });
    expect(readPort('127.0.0.1::53/udp')).toEqual({
      hostIp: '127.0.0.1',
      published: null,
      target: 53,
      protocol: 'udp',
    });
    expect(readPort('::1:80:80/tcp')).toMatchObject({ hostIp: '::1', published: 80 });
    expect(readPort(3001)).toMatchObject({ published: null, target: 3001 });
    expect(readPort('99999')).toBeNull();
  });
});

describe('image names', () => {
  it('tell a registry’s port from a tag', () => {
    expect(parseImageReference('localhost:5000/app')).toEqual({
      repository: 'localhost:5000/app',
      registry: 'localhost:5000',
      tag: null,
      digest: null,
    });
    expect(parseImageReference('library/nginx:1.27@sha256:ab')).toEqual({
      repository: 'library/nginx',
      registry: null,
      tag: '1.27',
      digest: 'sha256:ab',
    });
  });

  it('tell our own tags from the users’', () => {
    expect(isOwnTag('fdts_app:latest')).toBe(false);
    expect(isOwnTag('fdts-ops-app:1')).toBe(false);
    expect(isOwnTag(runImage('fdts_app:latest', 'old', 'r1'))).toBe(true);
  });

  it('tell those that no tag can be moved to', () => {
    const id = 'a'.repeat(64);
    expect([`nginx@sha256:${id}`, `sha256:${id}`, id].map(isFixedImage)).toEqual([true, true, true]);
    expect(['nginx', 'localhost:5000/nginx:1'].map(isFixedImage)).toEqual([false, false]);
  });

  it('finds what a Dockerfile builds on', () => {
    const file =
      'ARG BASE=debian:12\nFROM --platform=linux/amd64 node:20 AS build\nFROM ${BASE}\nFROM build\nFROM $OTHER\nFROM scratch';
    expect(baseImages(file)).toEqual(['node:20', 'debian:12', null]);
  });
});
