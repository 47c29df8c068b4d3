import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  diffLines,
  overridePlace,
  overrideWithLimit,
  withOwnOverride,
} from '../../../activities/adapters/compose/override.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { proposeLimit } from '../../../activities/diagnosis/propose-limit.ts';
import { newFolder, ownAll, owner } from '../data-owner/support/build-site.ts';

const MIB = 1024 * 1024;

function project() {
  const folder = newFolder();
  const beside = join(folder, 'docker-compose.yml');
  writeFileSync(beside, 'services: {}\n');
  chmodSync(beside, 0o644);
  ownAll(folder);
  return { folder, beside, file: join(folder, 'docker-compose.override.yml') };
}

describe('the override file', () => {
  it('of somebody else, and a link, are refused and left as they are', async () => {
    const { folder, beside, file } = project();
    const content = overrideWithLimit(null, 'app', 256 * MIB);
    writeFileSync(file, 'services: {app: {mem_limit: 1g}}\n');
    for (const change of [content, null]) {
      await expect(operations.writeOverride({ file, content: change, beside })).rejects.toMatchObject({
        code: 'NOT_OUR_FILE',
      });
    }
    expect(readFileSync(file, 'utf8')).toContain('1g');
    const link = join(folder, 'link.yml');
    symlinkSync(beside, link);
    await expect(operations.writeOverride({ file: link, content, beside })).rejects.toMatchObject({
      code: 'NOT_OUR_FILE',
    });
    expect(readFileSync(beside, 'utf8')).toBe('services: {}\n');
    expect(await withOwnOverride([beside])).toEqual([beside]);
  });

  it('is written with owner and mode of the compose file, given to compose, and removed again; each may be repeated', async () => {
    const { beside, file } = project();
    const content = overrideWithLimit(null, 'app', 256 * MIB);
    for (const _ of [1, 2]) await operations.writeOverride({ file, content, beside });
    expect(readFileSync(file, 'utf8')).toBe(content);
    expect(statSync(file)).toMatchObject({ uid: owner.uid, gid: owner.gid });
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(await withOwnOverride([beside])).toEqual([beside, file]);
    for (const _ of [1, 2]) await operations.writeOverride({ file, content: null, beside });
    expect(existsSync(file)).toBe(false);
    expect(await withOwnOverride([beside])).toEqual([beside]);
  });

  it('keeps the limits of other services, and the diff shows what changes', () => {
    const first = overrideWithLimit(null, 'app', 256 * MIB);
    const second = overrideWithLimit(first, 'backup', 128 * MIB);
    expect(parse(second)).toEqual({
      services: { app: { mem_limit: '256m' }, backup: { mem_limit: '128m' } },
    });
    const third = overrideWithLimit(second, 'app', 512 * MIB);
    expect(diffLines(second, third)).toEqual(['-     mem_limit: 256m', '+     mem_limit: 512m']);
  });

  it.each([
    [['/opt/fdts/docker-compose.yml'], '/opt/fdts/docker-compose.override.yml', true],
    [['/opt/fdts/compose.yaml'], '/opt/fdts/compose.override.yaml', true],
    [['/opt/fdts/stack.yml'], '/opt/fdts/fdts-ops.override.yml', false],
    [['/opt/fdts/docker-compose.yml', '/opt/fdts/prod.yml'], '/opt/fdts/fdts-ops.override.yml', false],
  ])('of %s is %s', (files, file, isFoundByCompose) => {
    expect(overridePlace(files)).toEqual({ file, isFoundByCompose });
  });
});

describe('the limit that is proposed', () => {
  it.each([
    ['three times what it has after a start', 100, 8000, null, 320],
    ['never less than 128 MiB', 5, 8000, null, 128],
    ['half as much again as the limit that was too small', 50, 8000, 512, 768],
    ['never more than three quarters of the host', 900, 1024, 900, 768],
  ])('is %s', (_, baseline, hostMib, limit, expected) => {
    const bytes = { baselineBytes: baseline * MIB, hostBytes: hostMib * MIB };
    expect(proposeLimit({ ...bytes, limitBytes: limit === null ? null : limit * MIB }) / MIB).toBe(expected);
  });
});
