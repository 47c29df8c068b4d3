import { errata } from './errata/index.ts';
import { markdownTable } from './markdown-table.ts';
import { byFile, type Proof } from './proof.ts';

/** `docs/errata.md`. Pure. */
export function errataPage(): string {
  const rows = errata.map(({ number, section, procedures, command, happens, instead, shownBy }) => [
    `${number}`,
    section,
    command,
    happens,
    instead,
    procedures.map((type) => `[\`${type}\`](runbook.md#${type.toLowerCase()})`).join(', '),
    shown(shownBy),
  ]);
  const head = [
    '#',
    'Section of the paper runbook',
    'Its command',
    'What really happens',
    'What fdts-ops does instead, and why',
    'In',
    'Shown by',
  ];
  return `${[
    '# Errata of the paper runbook',
    '<!-- Made from client/runbook/errata by `node --import tsx client/write-runbook.ts`; change those, then run it again. -->',
    'What its own commands do when they are run as they stand, on a real stack (Docker 20.10, docker-compose 1.29, Debian 12, a database with a write-ahead log). fdts-ops follows what the runbook intends, never the defect. Tests below `test/system` and `test/hosts` run on the sandbox host, those below `test/fast` on the parts alone; a test of this page checks that each is there. Everything else that differs: [runbook-differences.md](runbook-differences.md).',
    markdownTable(head, rows),
  ].join('\n\n')}\n`;
}

/** As seen from docs. */
function shown(proofs: readonly Proof[]): string {
  return [...byFile(proofs)]
    .map(([file, titles]) => `[${file.replace('test/', '')}](../${file}): ${titles.join('; ')}`)
    .join('<br>');
}
