import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { proofsOf } from '../../../client/runbook/proofs.ts';
import { settingValues } from '../../../client/runbook/setting-values.ts';
import { writtenRunbook } from '../../../client/runbook/written-runbook.ts';
import { procedures } from '../../../workflows/procedures/index.ts';
import { cli } from './cli.ts';

const checkout = path.resolve(import.meta.dirname, '../../..');

test('docs/runbook.md is current', async () => {
  const written = await readFile(path.join(checkout, 'docs/runbook.md'), 'utf8');
  expect(written === writtenRunbook(procedures), 'stale: run node --import tsx client/write-runbook.ts').toBe(
    true,
  );
});

test.each(procedures.map(({ type }) => type))('%s is shown by tests that are there', (type) => {
  expect(proofsOf(type)).not.toEqual([]);
  expect(proofsOf(type).filter((file) => !existsSync(path.join(checkout, file)))).toEqual([]);
});

test('a setting that no host has is a mistake of the procedure', () => {
  expect(() => settingValues(['thresholds.nothing'])).toThrow('no setting thresholds.nothing');
});

test('it is printed with the values of a host, and only what was asked for', async () => {
  const file = path.join(checkout, 'config/host.example.yml');
  const { code, out } = await cli({}, 'runbook', 'dailyHealthCheck', '--config', file);
  expect(code).toBe(0);
  expect(out).toContain('For host fdts-prod');
  expect(out).toMatch(/\| `thresholds.diskUsedPercent` \| `80` \|/);
  expect(out).not.toContain('## plannedMaintenance');
});

test('a procedure that is not there is refused with the nearest name', async () => {
  const { code, err } = await cli({}, 'runbook', 'dailyHealthChek');
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('dailyHealthCheck') });
});
