import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { obstacleToInstall } from '../../../setup/debian-needs.mjs';
import { checkoutRoot } from '../../../setup/instance.ts';
import { npmCiFailure, withoutNpmLeaks } from '../../../setup/node-modules.mjs';

const runScript = join(checkoutRoot, 'setup', 'run.mjs');

describe('npm run', () => {
  it('with a verb that does not exist names those that do', async () => {
    const { exitCode, stderr } = await execa(process.execPath, [runScript, 'dmeo'], { reject: false });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /got: +dmeo[^]*expected: +one of demo, demo-down, test, bench, build, pack, check/,
    );
  });

  it('on an old Node says which one is needed', async () => {
    const script = `Object.defineProperty(process.versions, 'node', { value: '18.20.4' }); process.argv.splice(1, 0, 'x'); await import(${JSON.stringify(runScript)})`;
    const args = ['--input-type=module', '-e', script, 'demo'];
    const { exitCode, stderr } = await execa(process.execPath, args, { reject: false });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/too old[^]*got: +18.20.4[^]*expected: 20.19 or newer[^]*next:/);
  });

  it('does not hand flags of the outer npm to the nested one', async () => {
    const environment = {
      PATH: '/bin',
      npm_config_json: 'true',
      npm_lifecycle_event: 'demo',
      npm_config_registry: 'r',
    };
    expect(withoutNpmLeaks(environment)).toEqual({ PATH: '/bin', npm_config_registry: 'r' });
  });

  it('whose packages cannot be compiled names the compilers to install, and what else is missing', async () => {
    expect(npmCiFailure(['make', 'g++'])).toMatch(
      /better-sqlite3 is compiled[^]*apt-get install -y make g\+\+/,
    );
    expect(npmCiFailure(['g++'], ['g++', 'docker.io'])).toMatch(/apt-get install -y g\+\+ docker\.io'/);
    expect(npmCiFailure([])).toMatch(/next: +check the network/);
  });
});

describe('Debian packages', () => {
  it('are installed only by root on Debian or Ubuntu', () => {
    expect(obstacleToInstall(0, true)).toBeUndefined();
    expect(obstacleToInstall(1000, true)).toBe('this runs as user 1000, not as root');
    expect(obstacleToInstall(0, false)).toBe('this is not Debian or Ubuntu');
  });
});
