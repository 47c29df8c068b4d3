import { durationText, isDuration } from '../../config/duration.ts';
import { hostSchema } from '../../config/host-schema.ts';
import { isRecord } from '../../config/is-record.ts';
import { describeSchema, type SchemaNode } from '../../config/schema-tree.ts';

/** One setting that a procedure goes by. */
export interface SettingValue {
  readonly path: string;
  readonly meaning: string;
  /** As it would be written in the file; undefined when neither the file nor the schema gives one. */
  readonly value: unknown;
}

/**
 * What these keys of the host's file say. `config`: the file as it was read; without one the defaults are given. A path
 * that the schema does not have is a mistake of the procedure, and throws.
 */
export function settingValues(paths: readonly string[], config?: unknown): readonly SettingValue[] {
  const schema = describeSchema(hostSchema);
  return paths.map((path) => {
    const keys = path.split('.');
    const node = nodeAt(schema, keys);
    if (node === undefined) throw new Error(`no setting ${path} in the host's configuration`);
    const value = config === undefined ? node.fallback?.value : asWritten(valueAt(config, keys), node);
    return { path, meaning: node.description, value };
  });
}

function nodeAt(schema: SchemaNode, keys: readonly string[]): SchemaNode | undefined {
  return keys.reduce<SchemaNode | undefined>((node, key) => node?.children[key], schema);
}

function valueAt(config: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), config);
}

/** A length of time was read into seconds, which nobody would write. */
function asWritten(value: unknown, { schema, children }: SchemaNode): unknown {
  if (typeof value === 'number' && isDuration(schema)) return durationText(value);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const node = children[key];
      return [key, node === undefined ? inner : asWritten(inner, node)];
    }),
  );
}
