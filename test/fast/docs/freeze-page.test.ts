import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';
import { whyExempt } from '../../../workflows/engine/freeze.ts';
import { procedures } from '../../../workflows/procedures/index.ts';

test('docs/operating.md names every procedure that changes the host and runs in a freeze, and no other', () => {
  const page = readFileSync(join(checkoutRoot, 'docs', 'operating.md'), 'utf8');
  const [, named = ''] = /Run all the same: (.*?)\. Every other one is refused/s.exec(page) ?? [];
  const exempt = procedures.filter((procedure) => procedure.mutating && whyExempt(procedure) !== null);
  expect(new Set([...named.matchAll(/`(\w+)`/g)].map(([, type]) => type))).toEqual(
    new Set(exempt.map(({ type }) => type)),
  );
});
