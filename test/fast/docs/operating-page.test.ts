import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';
import { procedures } from '../../../workflows/procedures/index.ts';

const page = readFileSync(join(checkoutRoot, 'docs', 'operating.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|'));
const gates = procedures.flatMap(({ type, steps }) =>
  Object.entries(steps).flatMap(([id, { kind }]) => (kind === 'gate' ? [{ type, id }] : [])),
);

test.each(gates)('the operating guide says what $id of $type asks', ({ type, id }) => {
  expect(rows.filter((row) => row.startsWith(`| \`${id}\` of `) && row.includes(`\`${type}\``))).toHaveLength(
    1,
  );
});

test.each(procedures.map(({ type }) => type))('the operating guide says when to start %s', (type) => {
  const [, choice = ''] = page.split('## Which procedure?');
  expect(choice.split('\n## ')[0]).toContain(`\`${type}\``);
});
