import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';

const textOf = (file: string) => readFileSync(path.join(checkoutRoot, file), 'utf8');

/** The options that the installer takes: the labels of its `case`. */
const options = [...textOf('packaging/install-host.sh').matchAll(/^ +(--[a-z-]+)\) /gm)].map(
  ([, option = '']) => option,
);

/** Where a person is told how to call it: what follows its name, up to the end of the command or of the text. */
const told = ['activities', 'client', 'config', 'docs', 'workers']
  .flatMap((folder) =>
    readdirSync(path.join(checkoutRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      path.join(folder, name),
    ),
  )
  .filter((file) => /\.(ts|md|yml)$/.test(file))
  .flatMap((file) =>
    [...textOf(file).matchAll(/install-host\.sh([^`'\n;&|]*)/g)].flatMap(([, after = '']) =>
      [...after.matchAll(/--[a-z-]+/g)].map(([option]) => ({ file, option })),
    ),
  );

it('people are told options of the installer', () => {
  expect(told.map(({ option }) => option)).toEqual(
    expect.arrayContaining(['--node', '--config', '--standby', '--uninstall']),
  );
});

it.each(told)('$file names $option, which the installer has', ({ option }) => {
  expect(options).toContain(option);
});
