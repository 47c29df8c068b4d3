import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeFolderCommand } from '../../activities/adapters/command/make-folder-command.ts';
import { tellAside } from '../../activities/upkeep/kept-aside.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folders = ['activities', 'client', 'config', 'reporting', 'workers', 'workflows'];

const sources = folders.flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file)),
);

/** A command that takes paths; what follows it up to the end of the text or of a sentence is its arguments. */
const COMMAND =
  /(?:^|[\s"(`])(?:sudo(?! refuses)|(?<!docker )rm|mv|cp|(?<!fdts-ops: )chmod|chown|mkdir -p|find|install -d|touch)(?:\s[^"`]*)?$/;
const END = /[.,;](?:\s|$)|\s\(|"|`| {4}#|^\)/;
const INTERPOLATION = /\$\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}/g;

/** Numbers, and words of this program: nothing that a shell could take for more than one word. */
const ONE_WORD =
  /^(process\.get[ug]id\?\.\(\)|(\w+\.)?(wanted)?[ug]id|verb|manifestSha256|others\.map\(\(\{ pid \}\) => pid\)\.join\(' '\))$/i;

/** The arguments of printed commands in a source that are put into them as they are. */
function unquoted(source: string): string[] {
  return [...source.matchAll(/^.*`.*\$\{.*$/gm)].flatMap(([line]) => {
    let text = '';
    let from = 0;
    const found: string[] = [];
    for (const match of line.matchAll(INTERPOLATION)) {
      text += line.slice(from, match.index);
      from = match.index + match[0].length;
      const last = text.split(END).at(-1) ?? '';
      const [, what = ''] = match;
      if (COMMAND.test(last) && !what.includes('shellQuote') && !ONE_WORD.test(what)) found.push(line.trim());
      text += 'X';
    }
    return found;
  });
}

test('every path in a printed command is quoted', () => {
  const wrong = sources.flatMap((file) =>
    unquoted(readFileSync(path.join(root, file), 'utf8')).map((line) => `${file}: ${line}`),
  );
  expect(wrong).toEqual([]);
});

test.each([
  'return `Keep of it what users need, then: sudo rm -r ${folders.join(" ")}`;',
  'const mend = `sudo chown ${uid}:${gid} ${shellQuote(file)} && sudo chmod 0640 ${file}`;',
  'effects.perform(`rm ${archive}*    # ${because}`, work)',
  'const todo = `find its other names with "find ${folder} -samefile ${database}"`;',
])('the test finds the one that is not: %s', (line) => {
  expect(unquoted(line)).not.toEqual([]);
});

test('a path with a space, a quote or a star is one word, and others stay as they are', () => {
  const folder = '/srv/app data/.fdts-ops-20260601_020000';
  const aside = { stamp: '', folders: [folder, '/srv/plain'], bytes: 1, onlyHere: ['rows'] };
  expect(tellAside(aside)).toMatch(
    /: sudo rm -r '\/srv\/app data\/\.fdts-ops-20260601_020000' \/srv\/plain$/,
  );
  expect(makeFolderCommand({ uid: 1, gid: 2 }, '/srv/*;&')).toMatch(/ 1:2 0700 '\/srv\/\*;&'$/);
  expect(shellQuote("/it's")).toBe(`'/it'\\''s'`);
  expect(shellQuote('')).toBe("''");
});
