import { parse } from 'yaml';

/**
 * The services for which compose does more at a start or a stop than the engine: hooks, and secrets and configs that it
 * writes into the container; null when the resolved project (what `composeConfig` prints) cannot be read.
 */
export const servicesWithStartWork = (text: string): ReadonlySet<string> | null => {
  const root = recordOf(parsed(text));
  const needs = (service: Readonly<Record<string, unknown>>): boolean =>
    ONLY_COMPOSE.some((key) => service[key] !== undefined) ||
    (['secrets', 'configs'] as const).some((kind) =>
      listOf(service[kind]).some((use) => !isFile(recordOf(root[kind])[sourceOf(use)])),
    );
  const services = Object.entries(recordOf(root['services']));
  if (services.length === 0) return null;
  return new Set(services.filter(([, service]) => needs(recordOf(service))).map(([name]) => name));
};

const parsed = (text: string): unknown => {
  try {
    return parse(text, { logLevel: 'error' });
  } catch {
    return null;
  }
};

const ONLY_COMPOSE = ['post_start', 'pre_stop', 'provider', 'use_api_socket'];

// A file is mounted when the container is made; everything else is written into it before it starts.
const isFile = (definition: unknown): boolean => typeof recordOf(definition)['file'] === 'string';

const sourceOf = (use: unknown): string => String(typeof use === 'string' ? use : recordOf(use)['source']);

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
