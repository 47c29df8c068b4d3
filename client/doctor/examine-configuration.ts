import type { Finding } from '../commands/doctor.ts';
import { explainError } from '../explain-error.ts';
import { loadControl } from '../load-control.ts';

/** Whether the configuration can be used, and which hosts it names. */
export async function examineConfiguration(
  named: string | undefined,
): Promise<{ readonly findings: readonly Finding[]; readonly hosts: readonly string[] }> {
  const name = 'configuration';
  try {
    const { file, config } = await loadControl(named);
    const hosts = config.hosts.map((host) => host.name);
    return {
      findings: [{ name, status: 'ok', found: `${file} is valid; hosts: ${hosts.join(', ')}` }],
      hosts,
    };
  } catch (error) {
    const { code, message, hint } = explainError(error);
    const status = code === 'NO_CONFIGURATION' ? 'warning' : 'missing';
    const getIt =
      hint === ''
        ? {}
        : { getIt: `${hint}${status === 'warning' ? ' The queues of the hosts were not looked at.' : ''}` };
    return { findings: [{ name, status, found: message, ...getIt }], hosts: [] };
  }
}
