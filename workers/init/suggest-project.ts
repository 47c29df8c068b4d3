import path from 'node:path';
import type { Role } from './choose-roles.ts';
import type { SiteFacts, Suggestion } from './site-facts.ts';

const NAME = /^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/;
const TIMEZONE = /^(UTC|[A-Z][A-Za-z_]+\/.+)$/;

/** `host`, `project` and `services` of the first configuration. Pure. */
export function suggestProject(facts: SiteFacts): Suggestion[] {
  return [
    hostName(facts),
    timezone(facts),
    { key: 'project.folder', value: facts.folder, how: 'found', text: 'label of its containers' },
    composeFiles(facts),
    { key: 'project.name', value: facts.project, how: 'found', text: 'label of its containers' },
    unit(facts),
    envFile(facts),
    ...services(facts),
  ];
}

function hostName({ hostname }: SiteFacts): Suggestion {
  const tidy = hostname
    .split('.')[0]!
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 48);
  const value = NAME.test(tidy) ? tidy : 'fdts';
  return {
    key: 'host.name',
    value,
    how: 'guess',
    text: 'the name of this machine; any name that you like will do',
  };
}

function timezone(facts: SiteFacts): Suggestion {
  const key = 'host.timezone';
  if (TIMEZONE.test(facts.timezone)) {
    return { key, value: facts.timezone, how: 'found', text: '/etc/localtime of this host' };
  }
  const text = `this host says ${facts.timezone}, which does not follow summer time: put a name such as Europe/Paris there`;
  return { key, value: 'UTC', how: 'to do', text };
}

function composeFiles({ containers, folder }: SiteFacts): Suggestion {
  const key = 'project.composeFiles';
  const files = [...new Set(containers.flatMap(({ composeFiles }) => composeFiles))];
  if (files.length === 0) {
    const text = 'the containers do not say which compose files made them: put their names there, in order';
    return { key, value: ['docker-compose.yml'], how: 'to do', text };
  }
  const inFolder = files.map((file) =>
    path.posix.dirname(file) === folder ? path.posix.basename(file) : file,
  );
  return { key, value: inFolder, how: 'found', text: 'label of its containers, in this order' };
}

function unit({ units, folder }: SiteFacts): Suggestion {
  const key = 'project.unit';
  const [only, ...more] = units;
  if (only === undefined) {
    const text = `no unit in /etc/systemd/system works in ${folder}: then Docker's restart policies start FDTS at boot`;
    return { key, value: null, how: 'guess', text };
  }
  if (more.length === 0) return { key, value: only.unit, how: 'found', text: only.line };
  const text = `several units work in ${folder}: leave the one that starts FDTS at boot (${units.map((one) => one.unit).join(', ')})`;
  return { key, value: only.unit, how: 'to do', text };
}

function envFile({ envFiles, folder }: SiteFacts): Suggestion {
  const key = 'project.envFile';
  const [only, ...more] = envFiles;
  if (only === undefined) {
    return {
      key,
      value: null,
      how: 'guess',
      text: 'the compose files name none for the app, and there is no .env',
    };
  }
  const value = path.posix.dirname(only) === folder ? path.posix.basename(only) : only;
  if (more.length === 0) return { key, value, how: 'found', text: 'named in the compose files; not opened' };
  const text = `the app gets several (${envFiles.join(', ')}): leave the one with the secrets`;
  return { key, value, how: 'to do', text };
}

function services({ roles, containers }: SiteFacts): Suggestion[] {
  const all = [...new Set(containers.map(({ service }) => service))].join(', ');
  const app: Suggestion =
    roles.app === null
      ? {
          key: 'services.app',
          value: 'app',
          how: 'to do',
          text: `put the service there that has the database open (services: ${all})`,
        }
      : ofRole('services.app', roles.app);
  return [
    app,
    roles.proxy === null
      ? none(
          'services.proxy',
          `no service publishes a port to everybody (services: ${all}); a proxy outside of compose is not stopped, so that users can come in as soon as the app starts`,
        )
      : ofRole('services.proxy', roles.proxy),
    roles.backup === null
      ? none('services.backup', `no service writes backups (services: ${all})`)
      : ofRole('services.backup', roles.backup),
  ];
}

function ofRole(key: string, { service, why, isGuess }: Role): Suggestion {
  return { key, value: service, how: isGuess ? 'guess' : 'found', text: why };
}

function none(key: string, text: string): Suggestion {
  return { key, value: null, how: 'guess', text };
}
