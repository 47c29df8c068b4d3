import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { type AdaptersHost, startAdaptersHost } from '../support/adapters-host.ts';

const name = `fdts-ops-adapters-${process.pid}`;
let sandbox: AdaptersHost;
const sh = async (script: string): Promise<string> =>
  (await sandbox.host.exec(['bash', '-c', script], { check: false })).stdout;

beforeAll(async () => {
  sandbox = await startAdaptersHost(name);
}, 900_000);
afterAll(() => sandbox.remove(), 60_000);

describe('images and containers', () => {
  beforeEach(() => sandbox.host.resetFdts(), 180_000);

  it('a pull by digest and a build leave the tags of the services where they are', async () => {
    await releaseVersion(sandbox.host, { version: '1.1.0' });
    const result = await sandbox.run(`${composeProject}
      const { runImage } = await adapter('docker/image-reference');
      const { writeFile } = await import('node:fs/promises');
      const stable = 'localhost:5000/fdts-nginx:stable';
      const before = [(await docker.inspectImage(stable)).id, (await docker.inspectImage('fdts_app:latest')).id];
      const { digest } = await docker.registryDigest(stable);
      const pulled = await docker.pullByDigest(stable, digest, {});
      await docker.pullByDigest(stable, digest, {});
      const image = runImage('fdts_app:latest', 'new', 'r1');
      await writeFile('/var/lib/fdts-ops/scratch/override.yml', compose.runImageOverride('app', image));
      const build = compose.composeBuild(project, 'app', { overrideFile: '/var/lib/fdts-ops/scratch/override.yml', noCache: true });
      await runCommand(build, { timeoutMs });
      const after = [(await docker.inspectImage(stable)).id, (await docker.inspectImage('fdts_app:latest')).id];
      const built = (await docker.inspectImage(image)).id;
      await docker.removeTag(image);
      const foreign = await docker.removeTag('fdts_app:latest').catch(({ code }) => code);
      return { moved: before.filter((id) => !after.includes(id)), isNew: !before.includes(built) && !before.includes(pulled.id), left: await docker.inspectImage(image), foreign };`);
    expect(result).toEqual({ moved: [], isNew: true, left: null, foreign: 'IMAGE_NOT_OURS' });
  });

  it('a name that no registry has says why there is no digest', async () => {
    const answer = await sandbox.run(`return (await engine()).registryDigest('localhost:5000/none:1')`);
    expect(answer).toMatchObject({ digest: null, reason: expect.stringMatching(/\w/) });
  });

  it('services stop, keep their policy away from a restart, and come up healthy without a build', async () => {
    const result = await sandbox.run(`${composeProject}
      const id = containers.find(({ service }) => service === 'app').id;
      const hashes = compose.readComposeHashes((await runCommand(compose.composeHashes(project), { timeoutMs })).stdout);
      const asMade = containers.filter(({ service, configHash }) => hashes.get(service) === configHash).map(({ service }) => service);
      await docker.stopContainer(id, 10);
      await docker.setRestartPolicy(id, 'no');
      await docker.stopContainer(id, 5);
      const stopped = await docker.inspectContainer(id);
      const failure = await docker.waitUntilUp([id], { timeoutMs: 2000 }).catch(({ code, message }) => ({ code, message }));
      await docker.setRestartPolicy(id, 'on-failure:3');
      const limited = (await docker.inspectContainer(id)).restartPolicy;
      await docker.setRestartPolicy(id, 'always');
      await runCommand(compose.composeUp(project, ['app'], { noBuild: true, noDeps: true }), { timeoutMs });
      const [up] = await docker.waitUntilUp([id], { timeoutMs: 60_000 });
      return { asMade, stopped, failure, limited, up, usage: await docker.containerStats(id) };`);
    expect(result).toMatchObject({
      asMade: ['app', 'backup', 'nginx'],
      stopped: { state: 'exited', restartPolicy: 'no', publishedPorts: [{ published: 3001 }] },
      failure: { code: 'CONTAINERS_NOT_UP', message: expect.stringContaining('app: exited (exit code 0)') },
      limited: 'on-failure:3',
      up: { state: 'running', health: 'healthy', restartPolicy: 'always' },
      usage: { memoryBytes: expect.any(Number) },
    });
  });

  it('a log gives counts that can leave the host', async () => {
    const summary = await sandbox.run(`
      const { summariseLog } = await adapter('logs/summarise-log');
      return summariseLog((await engine()).logsSince('fdts_app_1', new Date(Date.now() - 3_600_000).toISOString()))`);
    expect(summary).toMatchObject({ byLevel: { info: expect.any(Number), fatal: 0 } });
  });

  it('an abort ends a compose command that runs as another user', async () => {
    const result = await sandbox.run(`${composeProject}
      const failure = await runCommand({ argv: ['sleep', '321'], runAs: { uid: 0, gid: 0 } }, { timeoutMs, signal: AbortSignal.timeout(300) }).catch(({ code }) => code);
      return { failure, runAs };`);
    expect(result).toMatchObject({ failure: 'COMMAND_ABORTED', runAs: { uid: 0 } });
    expect(await sh('pgrep -f "^sleep 321"')).toBe('');
  });
});

describe('the installed host', () => {
  it('does not start FDTS while the stack is held', async () => {
    await sandbox.run(`await (await adapter('compose/hold-stack')).holdStack('run 1')`);
    await sh('systemctl stop fdts.service; systemctl start fdts.service');
    expect(
      await sh('systemctl is-active fdts.service; systemctl show -p ConditionResult --value fdts.service'),
    ).toBe('inactive\nno');
    expect(await sh('/opt/fdts-ops/packaging/install-host.sh --uninstall 2>&1')).toContain(
      'fdts-ops recover',
    );
    await sandbox.run(`await (await adapter('compose/hold-stack')).releaseStack()`);
    await sh('systemctl start fdts.service');
    await sandbox.host.waitUntilServing();
  });

  it('is not uninstalled while its journal has a run or an incident open', async () => {
    const uninstall = () =>
      sh('/opt/fdts-ops/packaging/install-host.sh --uninstall 2>&1; echo "exit code $?"');
    const take = `const fence = journal.takeHold(run, { procedure: 'databaseCorruption', stamp: ticket.stamp });`;
    expect(
      await journal(
        `${take} journal.begin(run, { ...ticket, fence }, { activity: 'stopServices', input: {} });`,
      ),
    ).toBe('done');
    expect(await uninstall()).toMatch(
      /a run has this host: databaseCorruption \(run window\) .*"Stop the services"\. Next: .*fdts-ops recover\nexit code 1$/,
    );
    expect(await journal(`${take} journal.closeRun(run, 'needs-operator', fence);`)).toBe('done');
    expect(await uninstall()).toMatch(
      /this host is quarantined after .*fdts-ops clear --reason TEXT\nexit code 1$/,
    );
    await sh('fdts-ops clear --reason "the test goes on"');
    const contains = `{ procedure: 'databaseCorruption', safeState: 'stopped', keep: { title: 'Keep', activity: 'stopServices', input: {} }, left: [] }`;
    expect(
      await journal(`
        run.runId = 'second';
        ticket.stamp = '20260301_030000';
        ${take}
        journal.begin(run, { ...ticket, fence, contains: ${contains} }, { activity: 'stopServices', input: {} });
        journal.closeRun(run, 'contained', fence);`),
    ).toBe('done');
    expect(await uninstall()).toMatch(/an incident is open: databaseCorruption .*\nexit code 1$/);
    await sh('fdts-ops clear --reason "the end of the test"');
    expect(await sh('ls -d /opt/fdts-ops /etc/sudoers.d/fdts-ops')).toBe(
      '/etc/sudoers.d/fdts-ops\n/opt/fdts-ops',
    );
  });

  it('keeps evidence of incidents from a purge that does not name it', async () => {
    await sh('mkdir -p /var/lib/fdts-ops/evidence/20260301_020000');
    expect(
      await sh('/opt/fdts-ops/packaging/install-host.sh --uninstall --purge 2>&1; echo "exit code $?"'),
    ).toMatch(/evidence of incidents would be deleted: 20260301_020000 .*--with-evidence\nexit code 1$/);
    expect(await sh('ls -d /opt/fdts-ops /var/lib/fdts-ops/evidence/*')).toBe(
      '/opt/fdts-ops\n/var/lib/fdts-ops/evidence/20260301_020000',
    );
  });

  it('is not installed over a link in the place of the scratch folder, and what that leads to stays', async () => {
    const scratch = '/opt/fdts/.fdts-ops';
    await sh(`mv ${scratch} ${scratch}.kept && ln -s /etc ${scratch}`);
    const install =
      '/opt/fdts-ops/packaging/install-host.sh --node /usr/local/bin/node --config /root/host.yml --no-start';
    expect(await sh(`${install} 2>&1; stat -c '%u %a' /etc`)).toMatch(/\.fdts-ops is a link[^]*\n0 755$/);
    await sh(`rm ${scratch} && mv ${scratch}.kept ${scratch}`);
    expect(await sh(`${install} 2>&1`)).toContain('worker installed');
    expect(await sh(`stat -c '%u:%g %a' ${scratch}`)).toBe('10001:10001 700');
  });

  it('ends what a killed worker left before the next one starts', async () => {
    const program = '/opt/fdts-ops/dist/bin/fdts-ops.js';
    await sh(`cp -a ${program} ${program}.kept`);
    await sandbox.host.writeFile(
      '/opt/fdts-ops/dist/bin/fdts-ops.js',
      `
      import { spawn } from 'node:child_process';
      spawn('sleep', ['4321'], { detached: true, stdio: 'ignore', ...(process.getuid() === 0 ? {} : { uid: 10001, gid: 10001 }) });
      setInterval(() => {}, 1e6);`,
    );
    await sh('systemctl start fdts-ops-host.service');
    const child = (): Promise<string> => sh('pgrep -f "^sleep 4321"');
    await expect.poll(child, { timeout: 20_000 }).toMatch(/^\d+$/);
    const first = await child();
    await sh('systemctl kill -s KILL --kill-whom=main fdts-ops-host.service');
    await expect.poll(child, { timeout: 20_000 }).not.toContain(first);
    await expect.poll(child, { timeout: 20_000 }).toMatch(/^\d+$/);
    await sh(`systemctl stop fdts-ops-host.service; mv ${program}.kept ${program}`);
  });

  it('is gone after an uninstall, its reports are not', async () => {
    await sh('cp -a /opt/fdts-ops /root/unpacked');
    expect(await sh('/opt/fdts-ops/packaging/install-host.sh --uninstall')).toContain('removed');
    expect(
      await sh(
        'ls -d /opt/fdts-ops /usr/lib/fdts-ops /etc/sudoers.d/fdts-ops /etc/systemd/system/fdts-ops-host.service /etc/systemd/system/fdts.service.d /var/lib/fdts-ops/reports 2>/dev/null',
      ),
    ).toBe('/var/lib/fdts-ops/reports');
  });

  it('is purged later only by a program that looks into its journal, and says what goes', async () => {
    const kept = '/root/unpacked';
    const purge = `${kept}/packaging/install-host.sh --uninstall --purge --with-evidence`;
    const answer = (more: string) => sh(`${purge} ${more} 2>&1; echo "exit code $?"`);
    expect(await answer('')).toMatch(
      /the program is gone that could look into .*--node PATH.*\nexit code 1$/,
    );
    expect(await answer('--node /usr/local/bin/node')).toMatch(
      /deleting for good: .*\/journal\.sqlite; \d+ reports in .*; evidence in .*: 20260301_020000; [^]*\nexit code 0$/,
    );
    expect(await sh('ls -d /var/lib/fdts-ops /etc/fdts-ops 2>/dev/null')).toBe('');
  });
});

/** Works on the journal of the host as its worker does; `run` and `ticket` are those of one run. */
const journal = (code: string) =>
  sandbox.run(`
    const { Journal } = await adapter('journal/journal');
    const journal = new Journal('/var/lib/fdts-ops/journal.sqlite');
    const run = { workflowId: 'window', runId: 'first' };
    const ticket = { step: 'stop', title: 'Stop the services', round: 0, stamp: '20260301_020000', machineId: '', dryRun: false };
    try { ${code} } finally { journal.close(); }
    return 'done';`);

const composeProject = `
  const { chooseComposeTool, installedComposeTools } = await adapter('compose/tool');
  const { composeUser, findComposeFiles } = await adapter('compose/files');
  const { runCommand } = await adapter('command/run-command');
  const compose = await adapter('compose/compose');
  const docker = await engine();
  const containers = await docker.projectContainers('fdts');
  const tool = chooseComposeTool(await installedComposeTools(), containers.map((c) => c.composeVersion));
  const runAs = await composeUser(['/opt/fdts/.env.production'], '/var/run/docker.sock');
  const project = { tool, name: 'fdts', folder: '/opt/fdts', files: await findComposeFiles('/opt/fdts'), runAs };
  const timeoutMs = 120_000;
`;
