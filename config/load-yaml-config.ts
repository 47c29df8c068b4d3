import * as z from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { explainIssue, type Finding } from './explain-issue.ts';
import { type Partly, parsePartly } from './parse-partly.ts';
import { readYaml, type YamlFile } from './read-yaml.ts';
import { describeSchema } from './schema-tree.ts';

/** What a kind of configuration file is checked against. */
export interface ConfigKind<Output> {
  readonly schema: z.ZodType<Output>;
  /** Rules between keys; gets what could be read, so any key may be missing. */
  readonly rules: (partly: Partly<Output>) => readonly Finding[];
  /** The file to start from, named in errors. */
  readonly example: string;
  /** The page that explains every key, named in errors. */
  readonly reference: string;
}

/** Reads, checks and returns a configuration file. Throws ConfigError with all problems at once, in the order of the file. */
export async function loadYamlConfig<Output>(file: string, kind: ConfigKind<Output>): Promise<Output> {
  const yaml = await readYaml(file, kind.example);
  const tree = describeSchema(kind.schema);
  const result = z.safeParse(kind.schema, yaml.value);
  const found = result.success
    ? []
    : result.error.issues.flatMap((issue) => explainIssue(issue, tree, yaml.value));
  // parsePartly reads by the same schema, so what it kept has the schema's types.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const partly = (parsePartly(tree, yaml.value) ?? {}) as Partly<Output>;
  const problems = [...found, ...kind.rules(partly)].map((finding) => locate(finding, yaml));
  if (result.success && problems.length === 0) return result.data;
  const inOrder = problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  throw new ConfigError(
    file,
    inOrder,
    `Correct these keys and try again; ${kind.reference} explains every key.`,
  );
}

function locate({ keys, got, expected }: Finding, yaml: YamlFile): ConfigProblem {
  const line = yaml.lineOf(keys);
  return { path: formatPath(keys), got, expected, ...(line === undefined ? {} : { line }) };
}

function formatPath(keys: readonly PropertyKey[]): string {
  const parts = keys.map((key, index) =>
    typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`,
  );
  return parts.join('');
}
