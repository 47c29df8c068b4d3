import { type ControlConfig, controlOfSingleHost } from '../config/control-schema.ts';
import { isRecord } from '../config/is-record.ts';
import { loadControlConfig } from '../config/load-control-config.ts';
import { loadHostConfig } from '../config/load-host-config.ts';
import { lookForFile } from '../config/look-for-file.ts';
import { readYaml } from '../config/read-yaml.ts';
import { CliError } from './cli-error.ts';

const USUAL_FILES = ['/etc/fdts-ops/control.yml', '/etc/fdts-ops/host.yml'] as const;

/**
 * Reads the hosts and their schedules from the file of the control worker, or from a host's own file on a machine
 * that has both roles. Throws ConfigError with all problems, CliError (exit code 2) when no file is named or found.
 *
 * @param usual where it is looked for when none is named, in this order.
 */
export async function loadControl(
  named: string | undefined,
  usual: readonly string[] = USUAL_FILES,
): Promise<{ readonly file: string; readonly config: ControlConfig }> {
  const file = named ?? (await findUsual(usual));
  const { value } = await readYaml(file, 'config/control.example.yml');
  const isOfHost = isRecord(value) && 'host' in value && !('hosts' in value);
  return {
    file,
    config: isOfHost ? controlOfSingleHost(await loadHostConfig(file)) : await loadControlConfig(file),
  };
}

async function findUsual(usual: readonly string[]): Promise<string> {
  const hidden: string[] = [];
  for (const file of usual) {
    const sight = await lookForFile(file);
    if (sight === 'there') return file;
    if (sight === 'hidden') hidden.push(file);
  }
  if (hidden.length > 0) {
    throw new CliError('usage', {
      code: 'CONFIGURATION_HIDDEN',
      message: `no configuration: none was named, and ${hidden.join(' and ')} cannot be read by this user, if there is one`,
      hint: 'Use sudo, or name one with --config FILE.',
    });
  }
  throw new CliError('usage', {
    code: 'NO_CONFIGURATION',
    message: `no configuration: none was named, and there is neither ${usual.join(' nor ')}`,
    hint: 'Name it with --config FILE; config/control.example.yml is one to start from.',
  });
}
