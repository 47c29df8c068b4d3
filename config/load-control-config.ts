import { type ControlConfig, controlSchema } from './control-schema.ts';
import type { Finding } from './explain-issue.ts';
import { loadYamlConfig } from './load-yaml-config.ts';
import type { Partly } from './parse-partly.ts';
import { channelRules } from './rules/notifications.ts';

/** Reads and checks the configuration file of the control worker. Throws ConfigError with all problems at once. */
export async function loadControlConfig(file: string): Promise<ControlConfig> {
  return loadYamlConfig<ControlConfig>(file, {
    schema: controlSchema,
    rules: (partly) => [...namesDiffer(partly), ...channelRules(partly)],
    example: 'config/control.example.yml',
    reference: 'docs/configuration.md',
  });
}

function namesDiffer({ hosts }: Partly<ControlConfig>): Finding[] {
  const names = (hosts ?? []).map((host) => host.name);
  return names.flatMap((name, index) => {
    const isRepeated = name !== undefined && names.indexOf(name) < index;
    const got = `${JSON.stringify(name)}, the name of an earlier host too`;
    return isRepeated
      ? [{ keys: ['hosts', index, 'name'], got, expected: 'another name for each host' }]
      : [];
  });
}
