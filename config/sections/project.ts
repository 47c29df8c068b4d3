import { listField, section, textField } from '../field.ts';
import { absolutePathField, projectFileField } from '../path-field.ts';

const COMPOSE_NAME = /^[a-z0-9][a-z0-9_-]*$/;
const UNIT_NAME = /^[A-Za-z0-9:_.@-]+\.service$/;

/** `project`: the compose project that is operated. */
export const projectSection = section({
  folder: absolutePathField('/opt/fdts').prefault('/opt/fdts').describe('Folder of the compose project.'),
  composeFiles: listField(projectFileField('docker-compose.yml'), 1)
    .prefault(['docker-compose.yml'])
    .describe('Compose files, in the order in which they are given to compose.'),
  name: textField('a compose project name such as fdts (lower-case letters, digits, - and _)', COMPOSE_NAME)
    .prefault('fdts')
    .describe('Name of the compose project (label com.docker.compose.project of its containers).'),
  unit: textField('the name of a systemd service such as fdts.service', UNIT_NAME)
    .nullable()
    .prefault('fdts.service')
    .describe('The systemd unit that starts the project at boot; null when there is none.'),
  envFile: projectFileField('.env.production')
    .nullable()
    .prefault('.env.production')
    .describe(
      'Environment file with the secrets of the app; null when there is none. It is never copied off the host.',
    ),
})
  .prefault({})
  .describe('The compose project that is operated.');
