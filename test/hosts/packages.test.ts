import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AdaptersHost, startAdaptersHost } from '../support/adapters-host.ts';

const name = `fdts-ops-packages-${process.pid}`;
let sandbox: AdaptersHost;
const sh = async (script: string): Promise<string> =>
  (await sandbox.host.exec(['bash', '-c', script], { check: false })).stdout;

beforeAll(async () => {
  sandbox = await startAdaptersHost(name);
}, 900_000);
afterAll(() => sandbox.remove(), 60_000);

describe('the worker’s user', () => {
  it('may run nothing as root but the fixed verbs', async () => {
    const asWorker = 'runuser -u fdts-ops -- sudo -n';
    const task = '/usr/lib/fdts-ops/root-task';
    for (const refused of [
      `id`,
      `${task} in-unit fdts-ops-x version`,
      `${task} end-unit`,
      `bash ${task} read version`,
    ]) {
      expect(await sh(`${asWorker} ${refused} 2>&1`)).toMatch(/password is required|not allowed/);
    }
    for (const wrong of [
      'start other apt-refresh',
      'start fdts-ops-x sh',
      "start fdts-ops-x apt-install 'x;id'",
      'start fdts-ops-x apt-install -o=1',
      'read open-files relative',
      'read apt-install a=1',
      'start ../../x apt-refresh',
    ]) {
      expect(await sh(`${asWorker} ${task} ${wrong} 2>&1; echo $?`)).toMatch(
        /root-task: .* expected .*\n64$/,
      );
    }
  });

  it('cannot replace what runs as root, nor where its results are', async () => {
    const writable =
      'find /usr/lib/fdts-ops /opt/fdts-ops /etc/fdts-ops /var/lib/fdts-ops-root -writable -print -quit';
    expect(await sh(`runuser -u fdts-ops -- ${writable} 2>/dev/null`)).toBe('');
  });

  it('finds everything that the host has, and says what it lacks', async () => {
    const missing = await sandbox.run(`
      const found = await (await adapter('machine/capabilities')).capabilities(await engine());
      return found.filter(({ available }) => !available);`);
    expect(missing).toMatchObject([{ name: 'trivy', howToGet: expect.any(String) }]);
  });
});

describe('a package upgrade', () => {
  beforeEach(() => sandbox.host.resetFdts(), 180_000);

  it('refuses a version that apt does not have, and says where all of the output is', async () => {
    const result = await upgrade(
      'bad',
      `[{ name: 'fdts-sysinfo', from: '1.0', to: '9.9', security: false }]`,
    );
    expect(result).toMatchObject({
      error: {
        code: 'ROOT_TASK_FAILED',
        message: expect.stringContaining('9.9'),
        hint: expect.stringContaining('/var/lib/fdts-ops-root/tasks/'),
      },
    });
    expect(await sh('dpkg-query -W fdts-sysinfo')).toContain('1.0');
  });

  it('installs what was planned, keeps the changed conffile, leaves marks and policy as they were', async () => {
    await sh(
      'apt-mark auto fdts-sysinfo; printf "#!/bin/sh\\nexit 0\\n" > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d',
    );
    const before = await sh('sha256sum /etc/fdts-sysinfo.conf /usr/sbin/policy-rc.d');
    const plan = await sandbox.run(
      `return (await adapter('machine/packages')).plannedUpgrades({ timeoutMs: 60_000 })`,
    );
    expect(plan).toEqual([{ name: 'fdts-sysinfo', from: '1.0', to: '1.1', security: false }]);
    expect(await upgrade('good', JSON.stringify(plan))).toEqual({ 'fdts-sysinfo': '1.1' });
    expect(await upgrade('again', JSON.stringify(plan))).toEqual({ 'fdts-sysinfo': '1.1' });
    expect(await sh('sha256sum /etc/fdts-sysinfo.conf /usr/sbin/policy-rc.d')).toBe(before);
    expect(await sh('apt-mark showauto fdts-sysinfo; rm /usr/sbin/policy-rc.d')).toBe('fdts-sysinfo');
  });

  it('puts off a restart of Docker until it is asked for, and goes on when the worker is killed', async () => {
    await addSlowPackage();
    const task = '/usr/lib/fdts-ops/root-task';
    const started = await sh('systemctl show -p ActiveEnterTimestamp docker.service');
    await sh(
      `apt-get update -qq; ${task} start fdts-ops-slow-dl apt-download fdts-slow=1.0; ${task} wait fdts-ops-slow-dl`,
    );
    const waiting = sh(
      `timeout -s KILL 1 runuser -u fdts-ops -- bash -c 'sudo -n ${task} start fdts-ops-slow apt-install fdts-slow=1.0; ${task} wait fdts-ops-slow'`,
    );
    await waiting;
    expect(
      await sh(`runuser -u fdts-ops -- sudo -n ${task} start fdts-ops-slow apt-install fdts-slow=1.0`),
    ).toBe('running');
    expect(await sh(`${task} wait fdts-ops-slow 2>/dev/null | head -1`)).toBe('finished 0');
    expect(await sh('systemctl show -p ActiveEnterTimestamp docker.service')).toBe(started);
    expect(await sandbox.run(`return (await adapter('machine/packages')).deferredRestarts()`)).toEqual([
      'docker.service',
    ]);
    expect(await sh('ls /usr/sbin/policy-rc.d /run/fdts-ops-put-off-restarts 2>/dev/null')).toBe('');
    await sandbox.run(
      `await (await adapter('machine/packages')).restartDeferred({ run: 'slow', step: 'restart' }, { timeoutMs: 120_000 })`,
    );
    expect(await sh('systemctl show -p ActiveEnterTimestamp docker.service')).not.toBe(started);
    expect(await sandbox.run(`return (await adapter('machine/packages')).deferredRestarts()`)).toEqual([]);
    await sandbox.host.waitUntilServing();
  });

  it('that was aborted comes to its end before anything else is taken back, Docker restarted', async () => {
    await addSlowPackage();
    await sh(
      'apt-get purge -qq -y fdts-slow; apt-get update -qq; apt-get install -qq -y --download-only fdts-slow=1.0',
    );
    const settled = await sandbox.run(`
      const { packageMutations } = await import('/opt/fdts-ops/dist/activities/upkeep/packages.js');
      const { Effects } = await import('/opt/fdts-ops/dist/activities/execution/effects.js');
      const packages = packageMutations({ config: { maintenance: { packages: { hold: [] } } } });
      const upgrades = [{ name: 'fdts-slow', from: null, to: '1.0', security: false }];
      const context = (signal) =>
        ({ effects: new Effects(false), stamp: '20261101_020202', step: 'x', signal, progress: () => {} });
      const { lines: before } = await packages.settlePackages(context(AbortSignal.timeout(120_000)), { upgrades });
      const stopped = await packages.installPackages(context(AbortSignal.timeout(1500)), { upgrades }).catch(({ code }) => code);
      const { lines } = await packages.settlePackages(context(AbortSignal.timeout(120_000)), { upgrades });
      const left = await (await adapter('machine/packages')).deferredRestarts();
      return { before, stopped, lines, left };`);
    expect(settled).toEqual({
      before: ['fdts-slow: new → not installed'],
      stopped: 'COMMAND_ABORTED',
      lines: ['fdts-slow: new → 1.0'],
      left: [],
    });
  });

  it('cut off in the middle is put right by the next attempt, the policy too', async () => {
    await sh(
      'apt-get purge -qq -y fdts-slow; apt-get update -qq; apt-get install -qq -y --download-only fdts-slow=1.0',
    );
    const task = '/usr/lib/fdts-ops/root-task';
    await sh(
      `${task} start fdts-ops-cut apt-install fdts-slow=1.0; timeout 60 bash -c "until [ -e /run/fdts-slow-configuring ]; do sleep 0.1; done"; systemctl kill -s KILL fdts-ops-cut.service`,
    );
    expect(await sh(`${task} wait fdts-ops-cut`)).toBe('lost');
    expect(await sh('ls /usr/sbin/policy-rc.d /run/fdts-ops-put-off-restarts 2>/dev/null')).toBe('');
    expect(
      await sandbox.run(`return (await adapter('machine/packages')).interruptedDpkg({ timeoutMs: 10_000 })`),
    ).toEqual(['fdts-slow']);
    expect(
      await sh(
        `${task} start fdts-ops-cut apt-install fdts-slow=1.0; ${task} wait fdts-ops-cut 2>/dev/null | head -1`,
      ),
    ).toBe('running\nfinished 0');
    expect(
      await sandbox.run(`return (await adapter('machine/packages')).interruptedDpkg({ timeoutMs: 10_000 })`),
    ).toEqual([]);
    await sh('apt-get purge -qq -y fdts-slow; : > /var/lib/fdts-ops-root/deferred-restarts');
  });
});

describe('open files', () => {
  it('of a running app are found through the container, of others not', async () => {
    const database = '/opt/fdts/data/database.sqlite';
    expect(await holders(database)).toEqual(
      expect.arrayContaining([expect.objectContaining({ path: '/app/data/database.sqlite' })]),
    );
    expect(await holders('/opt/fdts/docker-compose.yml', '/opt/fdts/none')).toEqual([]);
  });

  it('count when the file was renamed or deleted meanwhile', async () => {
    await sh(
      'cd /root; echo > held; echo > gone; (exec 7<held 8<gone; exec sleep 300) >/dev/null 2>&1 & sleep 0.2; mv /root/held /root/moved; rm /root/gone',
    );
    expect(await holders('/root/moved')).toMatchObject([{ command: 'sleep', path: '/root/moved' }]);
    expect(await holders('/root/gone')).toMatchObject([{ command: 'sleep', path: '/root/gone (deleted)' }]);
    await sh('kill $(fuser /root/moved 2>/dev/null)');
    expect(await holders('/root/moved', '/root/gone')).toEqual([]);
  });
});

const holders = (...paths: string[]): Promise<unknown> =>
  sandbox.run(
    `return (await adapter('machine/open-files')).openFiles(${JSON.stringify(paths)}, AbortSignal.timeout(20_000))`,
  );

const upgrade = (run: string, versions: string): Promise<unknown> =>
  sandbox.run(`
    const packages = await adapter('machine/packages');
    const options = { timeoutMs: 120_000 };
    await packages.refreshPackageLists({ run: '${run}', step: 'refresh' }, options);
    const upgrades = ${versions};
    await packages.downloadUpgrades({ run: '${run}', step: 'download' }, upgrades, options);
    await packages.installExactly({ run: '${run}', step: 'install' }, upgrades, options);
    return packages.installedVersions(upgrades.map(({ name }) => name), options);`);

// Its set-up restarts Docker as Debian's own packages do, and takes three seconds.
const addSlowPackage = (): Promise<string> =>
  // Once: a second build of the same version has another hash, and apt refuses both.
  sh(`set -e; cd /srv/apt; [ ! -e fdts-slow.deb ] || exit 0; tree=$(mktemp -d); chmod 755 $tree; mkdir $tree/DEBIAN
    printf 'Package: fdts-slow\\nVersion: 1.0\\nArchitecture: all\\nMaintainer: FDTS Sandbox <ops@fdts.example>\\nDescription: restarts Docker\\n' > $tree/DEBIAN/control
    printf '#!/bin/sh\\ntouch /run/fdts-slow-configuring\\nsleep 3\\nrm /run/fdts-slow-configuring\\ndeb-systemd-invoke restart docker.service || true\\n' > $tree/DEBIAN/postinst
    chmod 755 $tree/DEBIAN/postinst; dpkg-deb --build --root-owner-group $tree fdts-slow.deb >/dev/null
    { dpkg-deb --field fdts-slow.deb; echo "Filename: ./fdts-slow.deb"; echo "Size: $(stat -c %s fdts-slow.deb)"; echo "SHA256: $(sha256sum fdts-slow.deb | cut -d' ' -f1)"; echo; } >> Packages`);
