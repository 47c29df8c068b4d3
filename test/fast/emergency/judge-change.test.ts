import { expect, test } from 'vitest';
import { type ChangeRules, wrongChange } from '../../../activities/emergency/judge-change.ts';
import { judgeProbes } from '../../../activities/emergency/judge-probes.ts';

const repository = 'registry.example.org:5000/fdts/app';
const rules: ChangeRules = {
  repositories: [repository, 'fdts_app'],
  held: ['docker.io'],
  app: 'app',
  services: [
    { service: 'app', image: 'fdts_app:latest' },
    { service: 'pinned', image: `nginx@sha256:${'a'.repeat(64)}` },
  ],
};
const image = (what: string, service: string | null = null) => ({ kind: 'image', what, service }) as const;
const other = (kind: 'packages' | 'script', what: string) => ({ kind, what, service: null }) as const;

test.each([
  image(`${repository}:1.2.4`),
  image(`${repository}@sha256:${'b'.repeat(64)}`),
  image('fdts_app:1.2.4', 'app'),
  other('packages', 'openssl, libssl3:amd64'),
  other('script', 'mend-uploads.sh'),
])('allowed: $kind $what', (change) => {
  expect(wrongChange(change, rules)).toBeNull();
});

test.each([
  ['a repository that is not named', image('evil.example/fdts/app:1'), 'emergency.images'],
  ['one that only begins like it', image(`${repository}-evil:1`), 'emergency.images'],
  ['one that lies below it', image(`${repository}/evil:1`), 'emergency.images'],
  ['the same on another registry', image('other.example/fdts/app:1'), 'emergency.images'],
  ['an image without a tag', image(repository), 'a tag or a digest'],
  ['a tag that is none', image('fdts_app:-rf'), 'a tag or a digest'],
  ['a digest that is none', image('fdts_app@sha256:1'), 'a tag or a digest'],
  ['a service that is not there', image('fdts_app:1', 'db'), 'one of app, pinned'],
  ['a service of one image for ever', image('fdts_app:1', 'pinned'), 'change the compose file by hand'],
  ['a package that is kept', other('packages', 'openssl docker.io'), 'maintenance.packages.hold'],
  ['an option in place of a package', other('packages', '-o=Dir::Etc=/tmp'), 'names of installed packages'],
  ['a version', other('packages', 'openssl=1.2'), 'names of installed packages'],
  ['no package', other('packages', ' , '), 'names of installed packages'],
  ['a path', other('script', '/root/x'), 'without a path'],
  ['a way out', other('script', '../x'), 'without a path'],
  ['a hidden file', other('script', '.x'), 'without a path'],
  ['a service for a script', { ...other('script', 'x'), service: 'app' }, 'no service'],
])('refused: %s', (_, change, expected) => {
  expect(wrongChange(change, rules)?.expected).toContain(expected);
});

test('without repositories no image is allowed', () => {
  expect(wrongChange(image('fdts_app:1'), { ...rules, repositories: [] })?.expected).toContain('names none');
});

const good = (count: number) => Array.from({ length: count }, () => true);

test.each([
  ['no probe failed', good(5), false],
  ['one was lost', [...good(3), false, true], false],
  ['the last one was lost', [...good(3), false], false],
  ['three in a row', [...good(30), false, false, false], true],
  ['every second one', [true, false, true, false, true, false, true], true],
  ['three of a hundred', [...good(97), false, true, false, true, false, true], false],
])('health while it is watched: %s', (_, probes, isBad) => {
  expect(judgeProbes(probes).isBad).toBe(isBad);
});
