import { chooseComposeTool } from '../../activities/adapters/compose/tool.ts';
import type { Finding } from '../../client/commands/doctor.ts';
import type { HostConfig } from '../../config/host-schema.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { MachineFacts } from './machine-facts.ts';

const LOOPBACK = ['127.0.0.1', '::1'];

/** What the configuration says of the compose project, against what is there. Pure. */
export function projectFindings(config: HostConfig, facts: MachineFacts): Finding[] {
  return [
    ...files(config, facts),
    containers(config, facts),
    ...(facts.containers.length === 0 ? [] : [services(config, facts), composeTool(facts)]),
    unit(config, facts),
    ...restarts(config, facts),
    ...openPort(config, facts),
    ...liveRestore(facts),
  ];
}

function files({ project }: HostConfig, { paths }: MachineFacts): Finding[] {
  const missing = project.composeFiles.filter((file) => paths[file]?.kind !== 'file');
  const folder = paths[project.folder]?.kind === 'folder';
  const places: Finding =
    folder && missing.length === 0
      ? { name: 'project files', status: 'ok', found: [project.folder, ...project.composeFiles].join(', ') }
      : {
          name: 'project files',
          status: 'missing',
          found: folder ? `not there: ${missing.join(', ')}` : `no folder ${project.folder}`,
          getIt: `correct ${folder ? 'project.composeFiles' : 'project.folder'}; docker inspect shows both in the labels of a container (com.docker.compose.project.*)`,
        };
  return [places, ...envFile(project.envFile, paths)];
}

function envFile(file: string | null, paths: MachineFacts['paths']): Finding[] {
  if (file === null) return [];
  const name = 'env file';
  const { kind, mode } = paths[file] ?? { kind: 'missing', mode: 0 };
  if (kind !== 'file') {
    const getIt = 'correct project.envFile, or set it to null when the app has none';
    return [{ name, status: 'missing', found: `no file ${file}`, getIt }];
  }
  const octal = mode.toString(8).padStart(4, '0');
  if ((mode & 0o007) === 0) return [{ name, status: 'ok', found: `${file}, mode ${octal}` }];
  return [
    {
      name,
      status: 'warning',
      found: `${file} may be read by every user (mode ${octal})`,
      getIt: `sudo chmod o= ${shellQuote(file)}`,
    },
  ];
}

function containers({ project }: HostConfig, facts: MachineFacts): Finding {
  const name = 'project';
  const found = facts.containers.length;
  if (found === 0) {
    const others = facts.projects.join(', ') || 'none';
    const getIt = `set project.name to one of those that have containers: ${others}; or start FDTS`;
    return { name, status: 'missing', found: `no container of a project ${project.name}`, getIt };
  }
  const folder = facts.containers.find(({ projectFolder }) => projectFolder !== null)?.projectFolder;
  if (folder !== undefined && folder !== project.folder) {
    const getIt = `set project.folder to ${folder}`;
    return {
      name,
      status: 'missing',
      found: `its containers were made in ${folder}, not in ${project.folder}`,
      getIt,
    };
  }
  return { name, status: 'ok', found: `${project.name}: ${found} containers` };
}

function services({ services: named }: HostConfig, facts: MachineFacts): Finding {
  const there = [...new Set(facts.containers.map(({ service }) => service))].sort();
  const wrong = Object.entries(named).filter(([, service]) => service !== null && !there.includes(service));
  if (wrong.length === 0) return { name: 'services', status: 'ok', found: there.join(', ') };
  return {
    name: 'services',
    status: 'missing',
    found: `no container of ${wrong.map(([key, service]) => `services.${key} (${service})`).join(', ')}`,
    getIt: `use the names of the compose file: ${there.join(', ')}; proxy and backup may be null`,
  };
}

function composeTool({ composeTools, containers: made }: MachineFacts): Finding {
  const name = 'compose of the containers';
  try {
    const tool = chooseComposeTool(
      composeTools,
      made.map(({ composeVersion }) => composeVersion),
    );
    return { name, status: 'ok', found: `${tool.argv.join(' ')} ${tool.version}` };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const getIt = error instanceof Error && 'hint' in error ? String(error.hint) : '';
    return { name, status: 'missing', found, getIt };
  }
}

function unit({ project }: HostConfig, { unit: facts }: MachineFacts): Finding {
  const name = 'unit of FDTS';
  if (project.unit === null || facts === null) {
    return { name, status: 'ok', found: "none: Docker's restart policies start FDTS" };
  }
  if (facts.state === 'not-found') {
    const getIt = 'correct project.unit, or set it to null when no unit starts FDTS';
    return { name, status: 'missing', found: `no ${project.unit}`, getIt };
  }
  if (facts.holds)
    return { name, status: 'ok', found: `${project.unit}, ${facts.state}, is held during a change` };
  return {
    name,
    status: 'missing',
    found: `${project.unit} would start FDTS in the middle of a change: it lacks the condition of fdts-ops`,
    getIt: 'run packaging/install-host.sh again: it sets up the unit that the configuration names',
  };
}

function restarts({ services: named, project }: HostConfig, facts: MachineFacts): Finding[] {
  const never = facts.containers.filter(
    ({ service, restartPolicy }) => [named.app, named.proxy].includes(service) && restartPolicy === 'no',
  );
  if (never.length === 0) return [];
  return [
    {
      name: 'restart policy',
      status: 'warning',
      found: `${never.map(({ name }) => name).join(', ')}: "no", so that ${project.unit ?? 'nobody'} starts it after a boot, and nobody after a crash`,
      getIt:
        'restart: unless-stopped in the compose file; or a window was interrupted: sudo fdts-ops recover',
    },
  ];
}

function openPort({ services: named }: HostConfig, facts: MachineFacts): Finding[] {
  const app = facts.containers.find(({ service }) => service === named.app);
  const open = (app?.publishedPorts ?? []).filter(({ hostIp }) => !LOOPBACK.includes(hostIp));
  if (open.length === 0) return [];
  const ports = [...new Set(open.map(({ published, target }) => `${published}:${target}`))];
  return [
    {
      name: 'port of the app',
      status: 'warning',
      found: `${ports.join(', ')} is open to everybody: users can come in past the stopped proxy`,
      getIt: `in the compose file: ports: ["127.0.0.1:${ports[0]}"]`,
    },
  ];
}

function liveRestore({ liveRestore: isOn }: MachineFacts): Finding[] {
  if (isOn !== false) return [];
  return [
    {
      name: 'live-restore',
      status: 'warning',
      found: 'off: an upgrade of Docker stops FDTS for as long as it takes',
      getIt: '"live-restore": true in /etc/docker/daemon.json, then: sudo systemctl reload docker',
    },
  ];
}
