import path from 'node:path';
import { completeHost } from './complete-host.ts';
import { type HostConfig, hostSchema, type ParsedHost } from './host-schema.ts';
import { loadYamlConfig } from './load-yaml-config.ts';
import { hostRules } from './rules/host-rules.ts';

/**
 * Reads the configuration file of a host, checks every key and every rule between keys, and completes it.
 * Throws ConfigError with all problems at once; reads nothing but the file.
 */
export async function loadHostConfig(file: string): Promise<HostConfig> {
  const parsed = await loadYamlConfig<ParsedHost>(file, {
    schema: hostSchema,
    rules: (partly) => hostRules(partly),
    example: 'config/host.example.yml',
    reference: 'docs/configuration.md',
  });
  return completeHost(parsed, path.resolve(file));
}
