import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type AdaptersHost, startAdaptersHost } from '../support/adapters-host.ts';

const name = `fdts-ops-power-${process.pid}`;
let sandbox: AdaptersHost;

beforeAll(async () => {
  sandbox = await startAdaptersHost(name);
  for (const script of scripts)
    await sandbox.host.writeFile(`/root/${basename(script)}`, await readFile(script));
}, 900_000);
afterAll(() => sandbox.remove(), 60_000);

const scripts = ['../support/power/cut-swap.mjs', '../fast/data-owner/support/kill-at-call.mjs'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

const MINUTES = 60_000;

it(
  'the disk loses power before any call of a swap: from what is left it ends whole, in either direction',
  async () => {
    const cuts = await cutEverywhere('swapInRestored');
    expect(cuts.length).toBeGreaterThan(20);
    expect(
      cuts.filter((cut) => cut.swapInRestored !== 'restored' || cut.takeBackRestored !== 'before'),
    ).toEqual([]);
    expect(cuts.at(-1)).toMatchObject({ wasCut: false, asLeft: 'restored' });
  },
  10 * MINUTES,
);

it(
  'and before any call of its way back: it ends on the very data of before',
  async () => {
    const cuts = await cutEverywhere('takeBackRestored');
    expect(cuts.length).toBeGreaterThan(15);
    expect(cuts.filter((cut) => cut.takeBackRestored !== 'before')).toEqual([]);
    expect(cuts.at(-1)).toMatchObject({ wasCut: false, asLeft: 'before' });
  },
  10 * MINUTES,
);

it(
  'which is no property of the disk: a swap that syncs nothing is gone after the cut, although it has ended',
  async () => {
    const cuts = await cutEverywhere('swapInRestored', 'left out');
    expect(cuts.at(-1)).toMatchObject({ wasCut: false, asLeft: 'before' });
  },
  10 * MINUTES,
);

const cut = z.object({
  point: z.number(),
  wasCut: z.boolean(),
  /** What the data is once this was done after the cut. */
  swapInRestored: z.string(),
  takeBackRestored: z.string(),
  /** What it is without. */
  asLeft: z.string().optional(),
});

async function cutEverywhere(operation: string, syncs: 'kept' | 'left out' = 'kept') {
  const { stdout } = await sandbox.host.exec(['node', '/root/cut-swap.mjs', operation, syncs], {
    timeoutMs: 9 * MINUTES,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => cut.parse(JSON.parse(line)));
}
