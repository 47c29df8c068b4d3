import { stringify } from 'yaml';
import { chosenOptionalKeys } from './examples.ts';
import type { SchemaNode } from './schema-tree.ts';

const WIDTH = 100;

/** What is known of one host, by path: values in place of defaults and examples, and a line that says where each is from. */
export interface KnownValues {
  readonly values: Readonly<Record<string, unknown>>;
  readonly notes: Readonly<Record<string, string>>;
}

/**
 * Renders a commented YAML file with every key of a schema: defaults as they are, keys without default from `examples`,
 * optional ones commented out; with `known` the file of one host. Pure; the result is a valid configuration.
 */
export function renderSample(
  title: readonly string[],
  tree: SchemaNode,
  examples: Readonly<Record<string, unknown>>,
  { values, notes }: KnownValues = { values: {}, notes: {} },
): string {
  const head = title.map((line) => `# ${line}`);
  return `${[...head, ...renderKeys(tree, '', '', { examples, values, notes })].join('\n')}\n`;
}

interface Contents extends KnownValues {
  readonly examples: Readonly<Record<string, unknown>>;
}

function renderKeys(tree: SchemaNode, path: string, indent: string, contents: Contents): string[] {
  return Object.entries(tree.children).flatMap(([key, node]) => {
    const here = path === '' ? key : `${path}.${key}`;
    const note = contents.notes[here];
    const lines = [
      ...comment(node.description, indent),
      ...(note === undefined ? [] : comment(note, indent)),
      ...renderKey(key, node, here, indent, contents),
    ];
    return path === '' ? ['', ...lines] : lines;
  });
}

function renderKey(
  key: string,
  node: SchemaNode,
  path: string,
  indent: string,
  contents: Contents,
): string[] {
  const element = node.children['[]'];
  if (element !== undefined) {
    const isEmpty = Array.isArray(node.fallback?.value) && node.fallback.value.length === 0;
    if (!isEmpty) return renderList(key, element, path, indent, contents);
    const example = renderList(key, element, path, '', contents);
    return [`${indent}${key}: []`, ...example.map((line) => `${indent}# ${line}`)];
  }
  if (Object.keys(node.children).length > 0) return renderGroup(key, node, path, indent, contents);
  const { values, examples } = contents;
  const value = path in values ? values[path] : path in examples ? examples[path] : node.fallback?.value;
  const text = `${key}: ${inOneLine(value)}`;
  const isSet = !node.isOptional || chosenOptionalKeys.includes(path) || path in values;
  return [isSet ? `${indent}${text}` : `${indent}# ${text}`];
}

/** A list with one item. */
function renderList(
  key: string,
  element: SchemaNode,
  path: string,
  indent: string,
  contents: Contents,
): string[] {
  const inner = renderKeys(element, `${path}[]`, `${indent}    `, contents);
  const first = inner.findIndex((line) => !line.trimStart().startsWith('#'));
  return [
    `${indent}${key}:`,
    ...inner.map((line, index) => (index > first ? line : asListItem(line, indent))),
  ];
}

function inOneLine(value: unknown): string {
  const options = {
    collectionStyle: 'flow',
    flowCollectionPadding: !Array.isArray(value),
    lineWidth: 0,
  } as const;
  return stringify(value, options).trim();
}

function renderGroup(
  key: string,
  node: SchemaNode,
  path: string,
  indent: string,
  contents: Contents,
): string[] {
  const isNull = (path in contents.values ? contents.values[path] : node.fallback?.value) === null;
  if (!isNull) {
    return [`${indent}${key}:`, ...renderKeys(node, path, `${indent}  `, contents)];
  }
  const inner = renderKeys(node, path, '  ', contents);
  return [`${indent}${key}: null`, `${indent}# ${key}:`, ...inner.map((line) => `${indent}# ${line}`)];
}

function asListItem(line: string, indent: string): string {
  const text = line.trimStart();
  return text.startsWith('#') ? `${indent}  ${text}` : `${indent}  - ${text}`;
}

function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + last.length + word.length < WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.filter((line) => line !== '').map((line) => `${indent}# ${line}`);
}
