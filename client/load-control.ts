import { existsSync } from 'node:fs';
import { type ControlConfig, controlOfSingleHost } from '../config/control-schema.ts';
import { isRecord } from '../config/is-record.ts';
import { loadControlConfig } from '../config/load-control-config.ts';
import { loadHostConfig } from '../config/load-host-config.ts';
import { readYaml } from '../config/read-yaml.ts';
import { CliError } from './cli-error.ts';

/** Where a configuration is looked for when none is named, in this order. */
const USUAL_FILES = ['/etc/fdts-ops/control.yml', '/etc/fdts-ops/host.yml'] as const;

/**
 * Reads the hosts and their schedules from the file of the control worker, or from a host's own file on a machine
 * that has both roles. Throws ConfigError with all problems, CliError (exit code 2) when no file is named or found.
 */
export async function loadControl(
  named: string | undefined,
): Promise<{ readonly file: string; readonly config: ControlConfig }> {
  const file = named ?? USUAL_FILES.find((usual) => existsSync(usual));
  if (file === undefined) {
    throw new CliError('usage', {
      code: 'NO_CONFIGURATION',
      message: `no configuration: none was named, and there is neither ${USUAL_FILES.join(' nor ')}`,
      hint: 'Name it with --config FILE; config/control.example.yml is one to start from.',
    });
  }
  const { value } = await readYaml(file, 'config/control.example.yml');
  const isOfHost = isRecord(value) && 'host' in value && !('hosts' in value);
  return {
    file,
    config: isOfHost ? controlOfSingleHost(await loadHostConfig(file)) : await loadControlConfig(file),
  };
}
