import { open, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { reportMarkdown } from '../../reporting/report-markdown.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import { leaveToFolderOwner, makeFolderOfOwner } from './machine/leave-to-folder-owner.ts';

/** The reports on this host: one folder per run with `report.md` and `report.json`, and `outcome` for scripts. */
export class ReportStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Writes a report, fsynced, for the owner of the folder above; writing the same run again replaces it. Returns the path of the Markdown file. */
  async write(report: RunReport): Promise<string> {
    const folder = path.join(this.folder, `${report.stamp}-${report.procedure}-${report.runId.slice(0, 8)}`);
    await makeFolderOfOwner(folder, 0o750);
    const markdown = path.join(folder, 'report.md');
    const located: RunReport = { ...report, path: markdown };
    await writeDurably(path.join(folder, 'report.json'), `${JSON.stringify(located, null, 2)}\n`);
    await writeDurably(markdown, reportMarkdown(located));
    await writeDurably(path.join(folder, 'outcome'), `${report.outcome}\n`);
    return markdown;
  }

  /**
   * The reports of the runs of one procedure, the newest run first. One that `recover` finished or took back ended as that
   * says, whether or not it left a report of its own.
   */
  async ofProcedure(procedure: string): Promise<RunReport[]> {
    const named = await this.named(
      (name) => name.includes(`-${procedure}-`) || name.includes(`-${RECOVER}-`),
    );
    const mine = named.filter((report) => report.procedure === procedure);
    const lastOf = new Map<string, RunReport>();
    for (const report of mine.toSorted((a, b) => a.endedAt - b.endedAt))
      lastOf.set(`${report.workflowId} ${report.runId}`, report);
    return [...lastOf.values()].sort((a, b) => b.stamp.localeCompare(a.stamp));
  }

  /** The reports that were begun since then (milliseconds since the epoch), newest first; a recovery stands for its run. */
  async since(time: number): Promise<RunReport[]> {
    const first = new Date(time).toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');
    return this.named((name) => name >= first);
  }

  private async named(isWanted: (name: string) => boolean): Promise<RunReport[]> {
    const names = await readdir(this.folder).catch(() => [] as string[]);
    const mine = names.filter(isWanted).sort().reverse();
    const texts = await Promise.all(
      mine.map((name) => readFile(path.join(this.folder, name, 'report.json'), 'utf8').catch(() => null)),
    );
    return texts.flatMap((text) => (text === null ? [] : [ofItsRun(readReport(text))]));
  }
}

const RECOVER = 'recover';

/** A recovery says how the run ended whose images, databases and backups it speaks for. */
function ofItsRun(report: RunReport): RunReport {
  return report.procedure === RECOVER && report.recovered !== undefined
    ? { ...report, ...report.recovered }
    : report;
}

async function writeDurably(file: string, content: string): Promise<void> {
  const part = `${file}.part`;
  const handle = await open(part, 'w', 0o640);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  leaveToFolderOwner(part);
  await rename(part, file);
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function readReport(text: string): RunReport {
  const report: RunReport = JSON.parse(text);
  return report;
}
