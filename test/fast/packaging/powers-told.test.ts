import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';

const DECISION = 'decisions/0026-what-the-workers-user-may-do.md';

it('the decision on what the user of the worker may do is there', () => {
  expect(existsSync(join(checkoutRoot, 'docs', DECISION))).toBe(true);
});

it.each(['packaging/root-task', 'packaging/sudoers', 'docs/install.md'])(
  '%s says that the user of the worker is as powerful as root, and why',
  (file) => {
    const text = readFileSync(join(checkoutRoot, file), 'utf8').replaceAll(/\n#? ?/g, ' ');
    expect(text).toContain(DECISION);
    expect(text).toContain('as powerful as root');
    expect(text).not.toMatch(/only thing that the .*worker may run as root/);
  },
);
