import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from '../../../config/generated-files.ts';
import { hostSchema } from '../../../config/host-schema.ts';
import { loadControlConfig } from '../../../config/load-control-config.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { describeSchema, type SchemaNode } from '../../../config/schema-tree.ts';

const checkout = path.resolve(import.meta.dirname, '../../..');

test.each(Object.entries(generatedFiles()))('%s is current', async (name, text) => {
  const written = await readFile(path.join(checkout, name), 'utf8');
  expect(written === text, 'stale: run node --import tsx config/write-reference.ts').toBe(true);
});

test('the example files are valid as they are', async () => {
  const host = await loadHostConfig(path.join(checkout, 'config/host.example.yml'));
  expect(host.checks.login?.passwordFile).toBe('/etc/fdts-ops/smoke-password');
  const control = await loadControlConfig(path.join(checkout, 'config/control.example.yml'));
  expect(control.hosts).toHaveLength(1);
});

test('every key is explained', () => {
  const silent = (node: SchemaNode, name: string): string[] => [
    // The list says what its items are.
    ...(node.description === '' && name !== '' && !name.endsWith('.[]') ? [name] : []),
    ...Object.entries(node.children).flatMap(([key, child]) => silent(child, `${name}.${key}`)),
  ];
  expect(silent(describeSchema(hostSchema), '')).toEqual([]);
});
