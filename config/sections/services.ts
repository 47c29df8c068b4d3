import { section, textField } from '../field.ts';

const SERVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** `services`: what the services are called in the compose files. */
export const servicesSection = section({
  app: serviceField('app').prefault('app').describe('The app: the only service that has the database open.'),
  proxy: serviceField('nginx')
    .nullable()
    .prefault('nginx')
    .describe(
      'The reverse proxy: users come in through it. null when it is none of the services: then users are let in as soon as the app starts, and reports say so.',
    ),
  backup: serviceField('backup')
    .nullable()
    .prefault('backup')
    .describe('The service that makes the routine backups; null when there is none.'),
})
  .prefault({})
  .describe('What the services are called in the compose files.');

function serviceField(usual: string) {
  return textField(`the name of a compose service such as ${usual}`, SERVICE_NAME);
}
