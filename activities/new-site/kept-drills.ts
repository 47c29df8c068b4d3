import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { copyContainers } from '../copies/copy-containers.ts';
import { Effects } from '../execution/effects.ts';
import type { Host } from '../host.ts';
import { RECORDS } from './new-site-places.ts';

/** Removes every copy that a drill left to be looked at, and the configuration that was placed for it. Safe to repeat. */
export async function removeKeptDrills(host: Host): Promise<readonly string[]> {
  const signal = new AbortController().signal;
  const context = { effects: new Effects(false), signal, progress: () => undefined };
  const copies = await copyContainers(host).removeLeft(context, 'drill');
  for (const name of copies) {
    const stamp = /copy-(\d{8})-(\d{6})-/.exec(name);
    const record = path.join(RECORDS, `placed-${stamp?.[1]}_${stamp?.[2]}.json`);
    if ((await readdir(RECORDS).catch((): string[] => [])).includes(path.basename(record)))
      await host.asRoot.takeBackPlaced({ record }, { signal });
  }
  return copies;
}
