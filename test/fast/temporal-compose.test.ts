import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkoutRoot } from '../../setup/instance.ts';
import { searchAttributes } from '../../workflows/contracts/search-attributes.ts';

const file = join(checkoutRoot, 'docker-compose.temporal.yml');
const needed = {
  FDTS_OPS_TEMPORAL_DB_PASSWORD: 'secret',
  FDTS_OPS_CONTROL_CONFIG: '/etc/fdts-ops/control.yml',
};

const port = z.union([z.string(), z.looseObject({ host_ip: z.string() })]);
const service = z.looseObject({
  image: z.string(),
  restart: z.string(),
  ports: z.array(port).default([]),
  healthcheck: z.looseObject({}).optional(),
  environment: z.record(z.string(), z.unknown()).default({}),
});
const model = z.looseObject({ services: z.record(z.string(), service) });

describe('docker-compose.temporal.yml', () => {
  let services: z.infer<typeof model>['services'];
  beforeAll(async () => {
    const { stdout, exitCode, stderr } = await composeConfig(needed);
    expect(stderr).not.toMatch(/error/i);
    expect(exitCode).toBe(0);
    services = model.parse(parse(stdout)).services;
  });

  it('has database, schema, server, namespace, UI and control worker', () => {
    expect(Object.keys(services).sort()).toEqual(
      [
        'control-worker',
        'postgresql',
        'temporal',
        'temporal-namespace',
        'temporal-schema',
        'temporal-ui',
      ].sort(),
    );
  });

  it('pins every image to an exact version', () => {
    for (const { image } of Object.values(services)) expect(image).toMatch(/:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
  });

  it('publishes no port beyond loopback', () => {
    const published = Object.values(services).flatMap(({ ports }) => ports);
    expect(published.length).toBeGreaterThan(0);
    for (const entry of published) {
      expect(typeof entry === 'string' ? entry.split(':')[0] : entry.host_ip).toBe('127.0.0.1');
    }
  });

  it('has a health check on every service that goes on running', () => {
    const lasting = Object.entries(services).filter(([, { restart }]) => restart === 'unless-stopped');
    expect(lasting.length).toBe(4);
    for (const [name, { healthcheck }] of lasting) expect(healthcheck, name).toBeDefined();
  });

  it('offers no button in the UI that ends a run without its rollback', () => {
    expect(services['temporal-ui']?.environment['TEMPORAL_WORKFLOW_TERMINATE_DISABLED']).toBe('true');
  });

  it('without a database password says how to make one', async () => {
    const { exitCode, stderr } = await composeConfig({ FDTS_OPS_CONTROL_CONFIG: '/x' });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('openssl rand -hex 24');
  });

  it('gives the control worker the folder of its secret files, and starts where there is none', async () => {
    const { stdout } = await composeConfig({ ...needed, FDTS_OPS_CONTROL_SECRETS: '/srv/secrets' });
    expect(stdout).toMatch(/\/srv\/secrets(:|\n\s+target: )\/etc\/fdts-ops\/secrets/);
    expect(JSON.stringify(services['control-worker'])).toMatch(/no-secrets.*\/etc\/fdts-ops\/secrets/);
  });

  it('registers the same search attributes as the product uses', () => {
    const script = readFileSync(join(checkoutRoot, 'deploy/temporal/set-up-namespace.sh'), 'utf8');
    const registered = [...script.matchAll(/^add (\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type?.toUpperCase()}`,
    );
    expect(registered).toEqual(searchAttributes.map(({ name, type }) => `${name} ${type}`));
  });
});

/** Compose 2 as a plugin when it is there, else docker-compose; without the caller's own settings. */
async function composeConfig(environment: Record<string, string>) {
  const plugin = await execa('docker', ['compose', 'version'], { reject: false });
  const [command, ...first] = plugin.exitCode === 0 ? ['docker', 'compose'] : ['docker-compose'];
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment };
  return execa(command ?? '', [...first, '-f', file, '--project-directory', checkoutRoot, 'config'], {
    env,
    extendEnv: false,
    reject: false,
  });
}
