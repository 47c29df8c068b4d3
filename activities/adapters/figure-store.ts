import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Figure } from '../../workflows/contracts/figures.ts';
import { writeDurably } from './data-owner/files/durable-file.ts';

/** What one run of a check measured. */
export type FiguresOfRun = { readonly stamp: string; readonly figures: readonly Figure[] };

/** A run each hour for six weeks. */
const KEPT_RUNS = 1000;

/** The figures of earlier runs of the checks on this host: a folder per check, a small file per run. */
export class FigureStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Keeps the figures of a run; the same run again replaces them. The oldest go. */
  async write(check: string, run: FiguresOfRun): Promise<void> {
    const folder = path.join(this.folder, check);
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await writeDurably(path.join(folder, `${run.stamp}.json`), `${JSON.stringify(run)}\n`);
    const names = await namesIn(folder);
    await Promise.all(names.slice(KEPT_RUNS).map((name) => rm(path.join(folder, name), { force: true })));
  }

  /** The last runs before this one, newest first; a file that cannot be read is left out. */
  async before(check: string, stamp: string, most: number): Promise<FiguresOfRun[]> {
    const folder = path.join(this.folder, check);
    const names = (await namesIn(folder)).filter((name) => name < `${stamp}.json`).slice(0, most);
    const texts = await Promise.all(
      names.map((name) => readFile(path.join(folder, name), 'utf8').catch(() => '')),
    );
    return texts.flatMap(readRun);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .filter((name) => /^\d{8}_\d{6}\.json$/.test(name))
    .sort()
    .reverse();
}

function readRun(text: string): FiguresOfRun[] {
  try {
    const run: FiguresOfRun = JSON.parse(text);
    return Array.isArray(run.figures) ? [run] : [];
  } catch {
    return [];
  }
}
