import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errata } from '../../../client/runbook/errata/index.ts';
import { errataPage } from '../../../client/runbook/errata-page.ts';
import { checkoutRoot } from '../../../setup/instance.ts';
import { procedures } from '../../../workflows/procedures/index.ts';

const types = procedures.map(({ type }) => type);

it('docs/errata.md is current', () => {
  const written = readFileSync(join(checkoutRoot, 'docs/errata.md'), 'utf8');
  expect(written === errataPage(), 'stale: run node --import tsx client/write-runbook.ts').toBe(true);
});

it('has every row of the errata, once and in order', () => {
  expect(errata.map(({ number }) => number)).toEqual(Array.from({ length: 22 }, (_, index) => index + 1));
});

describe.each(errata.map((row) => [row.number, row] as const))('row %i', (_number, row) => {
  it('says what happens, what is done instead, and in which procedures', () => {
    const { section, command, happens, instead } = row;
    for (const text of [section, command, happens, instead]) expect(text).toMatch(/\w/);
    expect(row.procedures).not.toEqual([]);
    expect(row.procedures.filter((type) => !types.includes(type))).toEqual([]);
  });

  it('is shown by tests that are there', () => {
    expect(row.shownBy).not.toEqual([]);
    for (const { file, title } of row.shownBy) {
      expect(existsSync(join(checkoutRoot, file)), file).toBe(true);
      expect(readFileSync(join(checkoutRoot, file), 'utf8').includes(title), `${file}: ${title}`).toBe(true);
    }
  });
});
