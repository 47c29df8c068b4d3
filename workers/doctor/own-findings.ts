import type { Finding } from '../../client/commands/doctor.ts';
import type { HostConfig } from '../../config/host-schema.ts';
import type { MachineFacts } from './machine-facts.ts';

/** What fdts-ops itself needs on this machine. Pure. */
export function ownFindings({ host, state }: HostConfig, facts: MachineFacts): Finding[] {
  return [
    timezone(host.timezone, facts.timezone),
    stateFolder(state.folder, facts),
    ...rootTask(facts),
    worker(facts),
  ];
}

function timezone(configured: string, ofHost: string): Finding {
  const name = 'timezone';
  if (configured === ofHost) return { name, status: 'ok', found: configured };
  const found = `the configuration says ${configured}, this host ${ofHost}: windows open by the first`;
  return {
    name,
    status: 'warning',
    found,
    getIt: `host.timezone: ${ofHost}, if people here read that clock`,
  };
}

function stateFolder(folder: string, { paths }: MachineFacts): Finding {
  const name = 'state folder';
  if (paths[folder]?.kind === 'folder') return { name, status: 'ok', found: folder };
  const getIt =
    'sudo packaging/install-host.sh makes /var/lib/fdts-ops; another state.folder: make it for the user fdts-ops';
  return { name, status: 'missing', found: `no folder ${folder}`, getIt };
}

function rootTask({ rootTaskFits }: MachineFacts): Finding[] {
  if (rootTaskFits !== false) return [];
  const found = 'the installed root-task is not the one of this version';
  return [
    {
      name: 'root-task',
      status: 'missing',
      found,
      getIt: 'sudo packaging/install-host.sh … of this version',
    },
  ];
}

function worker({ worker: answer, configuration }: MachineFacts): Finding {
  const name = 'host worker';
  const goesByFile = answer.version === null || answer.version === configuration;
  if (answer.ok && goesByFile) return { name, status: 'ok', found: 'runs' };
  if (answer.ok)
    return {
      name,
      status: 'warning',
      found:
        'runs with an earlier content of the configuration: what changed in it (a freeze too) does not count yet',
      getIt: 'sudo systemctl restart fdts-ops-host (a run under way goes on)',
    };
  const getIt = 'sudo systemctl start fdts-ops-host; its log: journalctl -u fdts-ops-host';
  return { name, status: 'missing', found: `does not run: ${answer.problem}`, getIt };
}
