import type { ControlConfig } from '../../config/control-schema.ts';
import type { Finding } from '../commands/doctor.ts';
import { explainError } from '../explain-error.ts';
import { loadControl } from '../load-control.ts';

/** Without one there may be nothing to examine: what is wrong is said of a file that was read. */
const NOT_FOUND = ['NO_CONFIGURATION', 'CONFIGURATION_HIDDEN'];

function nobodyIsTold({ notifications: { smtp, command, webhooks } }: ControlConfig): Finding[] {
  if (smtp !== null || command !== null || webhooks.length > 0) return [];
  return [
    {
      name: 'notifications',
      status: 'warning',
      found: 'nobody is told when the worker of a host is away in the middle of a run',
      getIt: 'Name mail, a program or webhooks under notifications; docs/configuration.md explains them.',
    },
  ];
}

/** Whether the configuration can be used, and which hosts it names. */
export async function examineConfiguration(
  named: string | undefined,
): Promise<{ readonly findings: readonly Finding[]; readonly hosts: readonly string[] }> {
  const name = 'configuration';
  try {
    const { file, config } = await loadControl(named);
    const hosts = config.hosts.map((host) => host.name);
    return {
      findings: [
        { name, status: 'ok', found: `${file} is valid; hosts: ${hosts.join(', ')}` },
        ...nobodyIsTold(config),
      ],
      hosts,
    };
  } catch (error) {
    const { code, message, hint } = explainError(error);
    const status = NOT_FOUND.includes(code) ? 'warning' : 'missing';
    const getIt =
      hint === ''
        ? {}
        : { getIt: `${hint}${status === 'warning' ? ' The queues of the hosts were not looked at.' : ''}` };
    return { findings: [{ name, status, found: message, ...getIt }], hosts: [] };
  }
}
