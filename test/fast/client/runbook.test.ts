import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Proof } from '../../../client/runbook/proof.ts';
import { proofsOf } from '../../../client/runbook/proofs/index.ts';
import { settingValues } from '../../../client/runbook/setting-values.ts';
import { writtenRunbook } from '../../../client/runbook/written-runbook.ts';
import type { Procedure } from '../../../workflows/engine/procedure.ts';
import { procedures } from '../../../workflows/procedures/index.ts';
import { cli } from './cli.ts';

const checkout = path.resolve(import.meta.dirname, '../../..');

test('docs/runbook.md is current', async () => {
  const written = await readFile(path.join(checkout, 'docs/runbook.md'), 'utf8');
  expect(written === writtenRunbook(procedures), 'stale: run node --import tsx client/write-runbook.ts').toBe(
    true,
  );
});

test.each(procedures.map((procedure): [string, Procedure] => [procedure.type, procedure]))(
  '%s says what it does beyond the paper, and is shown by tests that are there, on a real host too',
  (type, { beyond }) => {
    expect(beyond).toMatch(/\w.*\.$/);
    const proofs = proofsOf(type);
    expect(proofs.filter(({ file }) => file.startsWith('test/system/'))).not.toEqual([]);
    expect(proofs.filter((proof) => !isThere(proof))).toEqual([]);
  },
);

test.each(procedures.map((procedure): [string, Procedure] => [procedure.type, procedure]))(
  '%s declares the settings that it goes by, those that its texts name among them',
  (_type, procedure) => {
    const { settings, steps, input, summary, safeState } = procedure;
    expect(settings).not.toEqual([]);
    const texts = [
      summary,
      safeState,
      ...Object.values(input).map(({ describe }) => describe),
      ...Object.values(steps).flatMap(({ title, changes = '', undo = '' }) => [title, changes, undo]),
    ];
    const named = texts.flatMap((text) => text.match(/\b[a-z]\w*(\.\w+)+\b/g) ?? []).filter(isSetting);
    const isDeclared = (name: string) =>
      settings.some((path) => path === name || path.startsWith(`${name}.`));
    expect(named.filter((name) => !isDeclared(name))).toEqual([]);
    const hasGate = Object.values(steps).some(({ kind }) => kind === 'gate');
    expect(settings.some((path) => path.endsWith('.approvalTimeout'))).toBe(hasGate);
  },
);

function isThere({ file, title }: Proof): boolean {
  const place = path.join(checkout, file);
  return existsSync(place) && readFileSync(place, 'utf8').includes(title);
}

function isSetting(path: string): boolean {
  try {
    return settingValues([path]).length > 0;
  } catch {
    return false;
  }
}

test('a setting that no host has is a mistake of the procedure', () => {
  expect(() => settingValues(['thresholds.nothing'])).toThrow('no setting thresholds.nothing');
});

test('it is printed with the values of a host, and only what was asked for', async () => {
  const file = path.join(checkout, 'config/host.example.yml');
  const { code, out } = await cli({}, 'runbook', 'dailyHealthCheck', '--config', file);
  expect(code).toBe(0);
  expect(out).toContain('For host fdts-prod');
  expect(out).toMatch(/\| `thresholds.diskUsedPercent` \| `80` \|/);
  expect(out).toMatch(/\| `backups.maxAge` \| `"48h"` \|/);
  expect(out).not.toContain('## plannedMaintenance');
});

test('what differs from the paper is printed with it, of the procedures that were asked for', async () => {
  const { out } = await cli({}, 'runbook', 'securityIncident');
  const rows = [...out.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => number);
  expect(rows).toEqual(['3', '4', '5', '22']);
  expect(out).toContain('rows 3, 4, 5, 22 of the errata at the end');
});

test('a procedure that is not there is refused with the nearest name', async () => {
  const { code, err } = await cli({}, 'runbook', 'dailyHealthChek');
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('dailyHealthCheck') });
});
