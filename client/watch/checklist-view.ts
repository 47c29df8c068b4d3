import type { Progress } from '../../workflows/contracts/report.ts';
import type { Terminal } from '../terminal.ts';
import { checklistChanges } from './checklist-changes.ts';
import { checklistLines } from './checklist-lines.ts';

/** Shows a checklist that changes. */
export interface ChecklistView {
  readonly show: (progress: Progress) => void;
  /** Says something beside it, such as that the server is away. */
  readonly say: (line: string) => void;
}

/** Redraws on a screen, else writes a line for every change; with `--json` those go to standard error. */
export function checklistView(terminal: Terminal, run: string, json: boolean): ChecklistView {
  return terminal.isScreen && !json
    ? screenView(terminal, run)
    : lineView(json ? terminal.err : terminal.out, run);
}

function lineView(write: (text: string) => void, run: string): ChecklistView {
  let shown: Progress | null = null;
  return {
    show: (progress) => {
      for (const line of checklistChanges(shown, progress, run, Date.now())) write(`${line}\n`);
      shown = structuredClone(progress);
    },
    say: (line) => write(`${line}\n`),
  };
}

function screenView({ out, screenSize }: Terminal, run: string): ChecklistView {
  let drawn = 0;
  return {
    show: (progress) => {
      const { columns, rows } = screenSize();
      const lines = checklistLines(progress, run, Date.now(), rows - 1).map((line) => fitted(line, columns));
      out(`${upAndClear(drawn)}${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    say: (line) => {
      out(`${upAndClear(drawn)}${line}\n`);
      drawn = 0;
    },
  };
}

/** A wrapped line would make more rows than were counted. */
function fitted(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
}

function upAndClear(lines: number): string {
  return lines === 0 ? '' : `\u001B[${lines}A\u001B[0J`;
}
