import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseTemporalExecutable, sdkDownloadName } from '../../../setup/temporal-executable.ts';

const sdkName = sdkDownloadName();

describe('the Temporal CLI that set-up chooses', () => {
  it('is the one on PATH when there is one, whatever the cache has', async () => {
    const { searchPath, cache, ...rest } = sources();
    putTemporal(searchPath, 'temporal', '1.31.0');
    putTemporal(cache, sdkName, '1.30.0');
    expect(await chooseTemporalExecutable({ searchPath: `/nowhere:${searchPath}`, cache, ...rest })).toEqual({
      path: join(searchPath, 'temporal'),
      chosen: 'path',
      version: '1.31.0',
    });
  });

  it("is the SDK's download before one that was built", async () => {
    const { cache, ...rest } = sources();
    putTemporal(cache, sdkName, '1.30.0');
    putTemporal(cache, 'temporal', '1.29.1');
    expect((await chooseTemporalExecutable({ cache, ...rest })).chosen).toBe('sdk-cache');
  });

  it("is the SDK's download that tests left in the temporary folder", async () => {
    const given = sources();
    putTemporal(given.sdkTemp, sdkName, '1.30.0');
    expect((await chooseTemporalExecutable(given)).path).toBe(join(given.sdkTemp, sdkName));
  });

  it('is the one that was built before', async () => {
    const given = sources();
    putTemporal(given.cache, 'temporal', '1.29.1');
    expect((await chooseTemporalExecutable(given)).chosen).toBe('built');
  });

  it('is downloaded when nothing is there', async () => {
    const chosen = await chooseTemporalExecutable({ ...sources(), download: gives(sdkName) });
    expect(chosen.chosen).toBe('sdk-cache');
  });

  it('is built when it cannot be downloaded', async () => {
    const chosen = await chooseTemporalExecutable({ ...sources(), build: gives('temporal') });
    expect(chosen.chosen).toBe('built');
  });

  it('is never a program on PATH that only has the name', async () => {
    const given = sources();
    putProgram(given.searchPath, 'temporal', 'echo "temporal: the clock of the town hall"');
    putTemporal(given.cache, 'temporal', '1.29.1');
    expect((await chooseTemporalExecutable(given)).chosen).toBe('built');
  });

  it('that cannot be had names both reasons and what to install', async () => {
    await expect(chooseTemporalExecutable(sources())).rejects.toThrow(
      /download: no network; build: Go is not installed[^]*next: .*Temporal CLI.*Go.*TEMPORAL_ADDRESS/,
    );
  });
});

function sources() {
  const base = mkdtempSync(join(tmpdir(), 'fdts-ops-temporal-'));
  return {
    searchPath: join(base, 'path'),
    cache: join(base, 'cache'),
    sdkTemp: join(base, 'tmp'),
    download: (): Promise<void> => Promise.reject(new Error('no network')),
    build: (): Promise<void> => Promise.reject(new Error('Go is not installed')),
  };
}

function gives(name: string): (folder: string) => Promise<void> {
  return (folder) => Promise.resolve(putTemporal(folder, name, '1.30.0'));
}

function putTemporal(folder: string, name: string, server: string): void {
  putProgram(folder, name, `echo "temporal version 1.5.1 (Server ${server}, UI 2.42.1)"`);
}

function putProgram(folder: string, name: string, line: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`);
  chmodSync(join(folder, name), 0o755);
}
