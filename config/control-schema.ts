import * as z from 'zod';
import { durationField } from './duration.ts';
import { listField, registerField, section, textField } from './field.ts';
import type { HostConfig } from './host-schema.ts';
import { alertsSection } from './sections/alerts.ts';
import { hostNameField } from './sections/host.ts';
import { controlNotificationsSection } from './sections/notifications.ts';
import { schedulesSection } from './sections/schedules.ts';
import { watchSection } from './sections/watch.ts';
import { timezoneField } from './timezone-field.ts';
import { httpUrlField } from './url-field.ts';

const MACHINE_ID = 'the 32 letters and digits of /etc/machine-id on that host';

const workerAwayAfterField = durationField({ least: '10s', most: '1d' })
  .prefault('60s')
  .describe(
    'How long a run that has changed something may wait for the worker of this host before people are told (notifications). Longer than a reboot of the host, when that is to go unsaid.',
  );

/** The configuration file of the control worker: the hosts that it may start procedures on. */
export const controlSchema = section({
  hosts: z
    .array(
      section({
        name: hostNameField().describe('Name of the host, as in its own file (host.name).'),
        timezone: timezoneField().describe('Timezone of the host, as in its own file (host.timezone).'),
        publicUrl: httpUrlField('https://fdts.example.org/api/health')
          .nullable()
          .prefault(null)
          .describe(
            'Where users reach the app; seen from here, it proves that they are let in or shut out. null: not proven.',
          ),
        addresses: listField(textField('a name or an address such as 192.0.2.10', /^[A-Za-z0-9:.-]+$/), 0)
          .prefault([])
          .describe(
            'Names and addresses, IPv4 and IPv6, at which the host itself is reached from here (not those of a load balancer before it): during a security incident they prove that its ports are closed. Empty: not proven.',
          ),
        machineId: registerField(
          z.string({ error: MACHINE_ID }).regex(/^[0-9a-f]{32}$/, { error: MACHINE_ID }),
          MACHINE_ID,
        )
          .nullable()
          .prefault(null)
          .describe(
            'The /etc/machine-id of the machine that has this name: runs on another one that comes with the name are refused. null: whichever answers.',
          ),
        workerAwayAfter: workerAwayAfterField,
        schedules: schedulesSection,
        watch: watchSection,
      }),
      { error: 'a list of one or more hosts, each with name and timezone' },
    )
    .min(1, { error: 'a list of one or more hosts, each with name and timezone' })
    .describe('The hosts. With exactly one, procedures that are started without a host run on it.'),
  notifications: controlNotificationsSection,
  alerts: alertsSection,
});

/** What the control worker knows: its hosts and their schedules. */
export type ControlConfig = z.output<typeof controlSchema>;

/** One host as the control worker knows it. */
export type ControlHost = ControlConfig['hosts'][number];

/** The control configuration of a single machine that has both roles: its host file says everything. */
export function controlOfSingleHost(config: HostConfig): ControlConfig {
  const { host, schedules, watch, alerts, notifications } = config;
  const { smtp, command, webhooks } = notifications;
  return {
    hosts: [
      {
        name: host.name,
        timezone: host.timezone,
        publicUrl: null,
        addresses: [],
        machineId: null,
        workerAwayAfter: workerAwayAfterField.parse(undefined),
        schedules,
        watch,
      },
    ],
    notifications: { smtp, command, webhooks },
    alerts,
  };
}
