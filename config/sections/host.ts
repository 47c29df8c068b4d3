import { section, textField } from '../field.ts';
import { timezoneField } from '../timezone-field.ts';

const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/;

/** Name of a host: lower-case letters, digits and hyphens, because it is part of a task queue and of file names. */
export function hostNameField() {
  return textField('a name of 1 to 48 lower-case letters, digits and hyphens, such as fdts-prod', HOST_NAME);
}

/** `host`: which machine this is. */
export const hostSection = section({
  name: hostNameField().describe(
    'Name of this host in runs, reports and schedules. Its worker listens on the task queue fdts-host-NAME.',
  ),
  timezone: timezoneField().describe(
    'Timezone of the maintenance window and of every schedule of this host.',
  ),
}).describe('Which machine this is.');
