import type { SchemaNode } from './schema-tree.ts';

/** Renders the table of one configuration file for docs/configuration.md: key, meaning, what it takes, default. Pure. */
export function renderReference(heading: string, intro: string, tree: SchemaNode): string {
  const groups = Object.entries(tree.children).map(([key, node]) => {
    const table = renderTable([['Key', 'Meaning', 'Takes', 'Default'], ...rowsOf(node, key)]);
    return [`### \`${key}\``, '', node.description, '', ...table].join('\n');
  });
  return [`## ${heading}`, '', intro, '', groups.join('\n\n')].join('\n');
}

function rowsOf(node: SchemaNode, path: string): string[][] {
  const element = node.children['[]'];
  if (element !== undefined) return rowsOf(element, `${path}[]`);
  return Object.entries(node.children).flatMap(([key, child]) => {
    const here = `${path}.${key}`;
    const isGroup = Object.keys(child.children).length > 0;
    const takes = isGroup ? 'a group of keys' : (child.expected ?? '');
    const row = [
      `\`${here}\``,
      child.description,
      child.isNullable ? `${takes}; or null` : takes,
      defaultOf(child, isGroup),
    ];
    return isGroup ? [row, ...rowsOf(child, here)] : [row];
  });
}

function defaultOf(node: SchemaNode, isGroup: boolean): string {
  if (node.fallback === undefined) return node.isOptional ? 'see meaning' : '**required**';
  if (isGroup && node.fallback.value !== null) return '';
  return `\`${JSON.stringify(node.fallback.value)}\``;
}

// Columns are padded, as the formatter of the checkout does, so that both agree on the page.
function renderTable(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[], fill: string): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`;
  const [head = [], ...rest] = cells;
  return [
    line(head, ' '),
    line(
      head.map(() => ''),
      '-',
    ),
    ...rest.map((row) => line(row, ' ')),
  ];
}
