import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { isRecord } from './is-record.ts';

/** A YAML file that was read: its value, and where each key stands. */
export interface YamlFile {
  readonly value: unknown;
  /** Line of a key, from 1; of its nearest parent when it is missing. */
  lineOf(keys: readonly PropertyKey[]): number | undefined;
}

const SOURCE_TEXT = /: "[^]*$|:\n[^]*$/;

/**
 * Reads a YAML 1.2 file.
 * Throws ConfigError when it cannot be read, or with line and column of every syntax error (without quoting the file,
 * which may hold what should not be shown).
 */
export async function readYaml(file: string, example: string): Promise<YamlFile> {
  const text = await readText(file, example);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const problems = faults.map((fault) => describeFault(fault, lines));
    throw new ConfigError(
      file,
      problems,
      'Correct the YAML (spaces, not tabs; quote texts with : or #) and try again.',
    );
  }
  return { value: document.toJS(), lineOf: (keys) => findLine(document, lines, keys) };
}

async function readText(file: string, example: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = isRecord(cause) && typeof cause['code'] === 'string' ? cause['code'] : 'an error';
    const next = `Copy ${example} to ${file}, change what differs on this host, and make it readable for the user of the worker.`;
    throw new ConfigError(file, [{ path: '', got: code, expected: 'a readable YAML file' }], next);
  }
}

function describeFault(fault: YAMLError, lines: LineCounter): ConfigProblem {
  const at = lines.linePos(fault.pos[0]);
  const what = fault.message.replace(SOURCE_TEXT, '');
  return { path: '', got: `"${what}" at column ${at.col}`, expected: 'valid YAML', line: at.line };
}

function findLine(document: Document, lines: LineCounter, keys: readonly PropertyKey[]): number | undefined {
  for (let length = keys.length; length > 0; length -= 1) {
    const parent = document.getIn(keys.slice(0, length - 1), true);
    const name = keys[length - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === name)
      : undefined;
    const node = pair?.key ?? document.getIn(keys.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
