import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeUser, findComposeFiles, projectNameOf } from '../../../activities/adapters/compose/files.ts';
import {
  holdStack,
  isStackHeld,
  noteSettled,
  releaseStack,
  settledServices,
  stackHeldSince,
} from '../../../activities/adapters/compose/hold-stack.ts';
import { secondsSinceBoot } from '../../../activities/adapters/machine/boot-time.ts';
import {
  diskUsage,
  machineId,
  memory,
  readUnitState,
  timezone,
} from '../../../activities/adapters/machine/host-facts.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fdts-ops-host-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('facts about the host', () => {
  it('an empty machine id is an error that says how to get one', async () => {
    await writeFile(join(folder, 'machine-id'), '\n');
    await expect(machineId(join(folder, 'machine-id'))).rejects.toMatchObject({
      code: 'MACHINE_ID_MISSING',
      hint: expect.stringContaining('systemd-machine-id-setup'),
    });
  });

  it('a disk that is not there is an error, not 0 percent', async () => {
    await expect(diskUsage(join(folder, 'none'))).rejects.toMatchObject({ code: 'PATH_UNREADABLE' });
    const { usedPercent, freeBytes, totalBytes } = await diskUsage(folder);
    expect(usedPercent).toBeGreaterThan(0);
    expect(freeBytes).toBeLessThan(totalBytes);
  });

  it('a unit that does not exist is not just inactive', () => {
    const printed = 'LoadState=not-found\nActiveState=inactive\nSubState=dead\nStateChangeTimestamp=\n';
    expect(readUnitState(printed)).toEqual({ state: 'not-found', subState: 'dead', since: null });
    expect(
      readUnitState(
        'LoadState=loaded\nActiveState=failed\nSubState=failed\nStateChangeTimestamp=@1795471044\n',
      ),
    ).toEqual({
      state: 'failed',
      subState: 'failed',
      since: '2026-11-23T21:57:24.000Z',
    });
  });

  it('the boot is told by the age of init, whatever the machine outside says', async () => {
    await mkdir(join(folder, '1'));
    const fields = ['S', ...Array.from({ length: 18 }, () => '0'), '50000', '0'].join(' ');
    await writeFile(join(folder, '1/stat'), `1 (init) odd) ${fields}`);
    await writeFile(join(folder, 'uptime'), '560.00 100.00\n');
    expect(await secondsSinceBoot(folder)).toBe(60);
    const here = await secondsSinceBoot();
    expect(here).toBeGreaterThan(0);
    expect(await secondsSinceBoot()).toBeGreaterThanOrEqual(here);
  });

  it("the boot is told by the uptime where init is hidden, or where the uptime is the container's own", async () => {
    await writeFile(join(folder, 'uptime'), '560.00 100.00\n');
    expect(await secondsSinceBoot(folder)).toBe(560);
    await mkdir(join(folder, '1'));
    const fields = ['S', ...Array.from({ length: 18 }, () => '0'), '9000000', '0'].join(' ');
    await writeFile(join(folder, '1/stat'), `1 (init) ${fields}`);
    expect(await secondsSinceBoot(folder)).toBe(560);
  });

  it('memory and timezone are known', async () => {
    const { totalBytes, availableBytes } = await memory();
    expect(totalBytes).toBeGreaterThan(availableBytes);
    expect(() => new Intl.DateTimeFormat('en', { timeZone: 'UTC' })).not.toThrow();
    expect(await timezone()).not.toBe('');
  });
});

describe('holding the stack', () => {
  it('says what to do when the file cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(holdStack('run', [], join(folder, 'file', 'hold'))).rejects.toMatchObject({
      code: 'HOLD_FILE_NOT_WRITABLE',
    });
  });

  it('counts as not there only when it is not there', async () => {
    expect(await isStackHeld(join(folder, 'hold-stack'))).toBe(false);
    await writeFile(join(folder, 'file'), '');
    await expect(isStackHeld(join(folder, 'file', 'hold'))).rejects.toMatchObject({
      code: 'HOLD_FILE_NOT_READABLE',
    });
  });

  it('may be done and undone twice', async () => {
    const file = join(folder, 'state', 'hold-stack');
    await releaseStack(file);
    await holdStack('run 1', [], file);
    await holdStack('run 1', [], file);
    expect(await readFile(file, 'utf8')).toBe('run 1\n');
    await releaseStack(file);
    await releaseStack(file);
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('what is noted while the stack is held', () => {
  const app = { service: 'app', container: 'a1', networks: ['fdts_default'] };
  const proxy = { service: 'nginx', container: 'n1', networks: ['fdts_default', 'edge'] };

  it('is kept below the name of the run, and what compose made anew takes its place', async () => {
    const file = join(folder, 'hold-stack');
    await holdStack('run 1', [app, proxy], file);
    await utimes(file, 1_000_000, 1_000_000);
    await noteSettled([{ ...app, container: 'a2' }], file);
    expect(await settledServices(file)).toEqual([proxy, { ...app, container: 'a2' }]);
    expect((await readFile(file, 'utf8')).split('\n')[0]).toBe('run 1');
    expect(await stackHeldSince(file)).toBe(1_000_000_000);
  });

  it('is nothing when nothing is held, or when what is there cannot be read', async () => {
    const file = join(folder, 'hold-stack');
    await noteSettled([app], file);
    expect(await settledServices(file)).toEqual([]);
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(file, 'run 1\n{"service":"app","cont');
    expect(await settledServices(file)).toEqual([]);
  });
});

describe('the compose files of a folder', () => {
  it('a folder without any is an error that names what was looked for', async () => {
    await expect(findComposeFiles(folder)).rejects.toThrow(/no compose\.yaml/);
  });

  it('are what compose itself would read, with the override', async () => {
    await writeFile(join(folder, 'docker-compose.yml'), '');
    expect(await findComposeFiles(folder)).toEqual(['docker-compose.yml']);
    await writeFile(join(folder, 'docker-compose.override.yml'), '');
    expect(await findComposeFiles(folder)).toEqual(['docker-compose.yml', 'docker-compose.override.yml']);
    expect(projectNameOf('/opt/My.FDTS')).toBe('myfdts');
  });

  it('need no other user when the worker reads them all', async () => {
    await writeFile(join(folder, 'env'), '');
    expect(await composeUser([join(folder, 'env')], folder)).toBeUndefined();
  });
});
