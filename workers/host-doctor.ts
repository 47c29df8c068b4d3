import { existsSync } from 'node:fs';
import { connectDocker } from '../activities/adapters/docker/docker.ts';
import { Journal } from '../activities/adapters/journal/journal.ts';
import { type Capability, capabilities } from '../activities/adapters/machine/capabilities.ts';
import type { DoctorOptions, Finding } from '../client/commands/doctor.ts';
import { ConfigError } from '../config/config-error.ts';
import type { HostConfig } from '../config/host-schema.ts';
import { isRecord } from '../config/is-record.ts';
import { loadHostConfig } from '../config/load-host-config.ts';
import { lookForFile } from '../config/look-for-file.ts';
import { readYaml } from '../config/read-yaml.ts';
import { bundleFindings } from './doctor/bundle-findings.ts';
import { checkFindings } from './doctor/check-findings.ts';
import { dataFindings } from './doctor/data-findings.ts';
import { lookAtMachine } from './doctor/look-at-machine.ts';
import { ownFindings } from './doctor/own-findings.ts';
import { projectFindings } from './doctor/project-findings.ts';
import { socketFinding, wrongEngine } from './engine-socket.ts';
import { holdFindings } from './hold-findings.ts';
import { journalFile } from './state-files.ts';

const HOST_CONFIG = '/etc/fdts-ops/host.yml';
const CONTROL_CONFIG = '/etc/fdts-ops/control.yml';
/** Procedures do without these, and say so. */
const OPTIONAL = new Set(['ufw', 'trivy', 'curl', 'iostat', 'logrotate', 'apt']);

/** What this machine offers as a host, and whether its configuration fits it; on a machine that is none it says just that. */
export async function hostDoctor(
  options: DoctorOptions,
  usual: string = HOST_CONFIG,
): Promise<readonly Finding[]> {
  const file = (await namedHostFile(options.config)) ?? usual;
  const name = 'host role';
  const sight = await lookForFile(file);
  if (sight === 'absent') return [{ name, status: 'ok', found: `not a host: no ${file}` }];
  if (sight === 'hidden') {
    const found = `not looked at: ${file} is not readable for this user, if it is there`;
    return [{ name, status: 'warning', found, getIt: 'use sudo: sudo fdts-ops doctor' }];
  }
  const socket = socketFinding(await wrongEngine());
  const tools = [socket, ...(await capabilities(connectDocker())).map(finding)];
  const config = await loadHostConfig(file).catch((error: unknown) => {
    if (error instanceof ConfigError) return error;
    throw error;
  });
  if (config instanceof ConfigError) {
    const told: Finding = { name: 'configuration of the host', status: 'missing', found: config.message };
    return grouped('Host', [...(file === examinedFile(options.config) ? [] : [told]), ...tools]);
  }
  return [
    ...grouped('Host', [...journalFindings(config), ...tools]),
    ...(await fitFindings(config, options.smoke === true)),
  ];
}

async function fitFindings(config: HostConfig, smoke: boolean): Promise<readonly Finding[]> {
  if (process.getuid?.() !== 0) {
    const found = 'not compared: only root sees all of it';
    return grouped('Configuration against this machine', [
      { name: 'configuration', status: 'warning', found, getIt: 'sudo fdts-ops doctor' },
    ]);
  }
  const facts = await lookAtMachine(config, smoke);
  return [
    ...grouped('Project', projectFindings(config, facts)),
    ...grouped('Data and backups', [...dataFindings(config, facts), ...bundleFindings(config)]),
    ...grouped('Checks', checkFindings(config, facts)),
    ...grouped('fdts-ops', ownFindings(config, facts)),
  ];
}

function grouped(group: string, findings: readonly Finding[]): Finding[] {
  return findings.map((one) => ({ group, ...one }));
}

/** The one file that `doctor` has examined already, on any machine. */
function examinedFile(named: string | undefined): string {
  return named ?? (existsSync(CONTROL_CONFIG) ? CONTROL_CONFIG : HOST_CONFIG);
}

/** The file that was named when it is one of a host. */
async function namedHostFile(named: string | undefined): Promise<string | null> {
  if (named === undefined) return null;
  const value = await readYaml(named, HOST_CONFIG).then(
    (yaml) => yaml.value,
    () => null,
  );
  return isRecord(value) && 'host' in value ? named : null;
}

function finding(capability: Capability): Finding {
  const { name } = capability;
  if (capability.available) return { name, status: 'ok', found: capability.detail };
  const status = OPTIONAL.has(name) ? 'warning' : 'missing';
  return { name, status, found: capability.reason, getIt: capability.howToGet };
}

function journalFindings(config: HostConfig): readonly Finding[] {
  const file = journalFile(config);
  const journal = existsSync(file) ? new Journal(file) : null;
  try {
    return holdFindings(journal, config.project.unit);
  } finally {
    journal?.close();
  }
}
