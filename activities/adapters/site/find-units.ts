import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** A systemd unit that works with a project, and the line that says so. */
export type FoundUnit = { readonly unit: string; readonly line: string };

const FOLDERS = ['/etc/systemd/system', '/usr/local/lib/systemd/system'];

/** The units of this host's own (not of packages) that start something in the folder of a project. Reads only. */
export const findUnits = async (
  project: string,
  folders: readonly string[] = FOLDERS,
): Promise<readonly FoundUnit[]> => {
  const found = new Map<string, FoundUnit>();
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const unit of names.filter((name) => name.endsWith('.service')).sort()) {
      const text = await readFile(path.join(folder, unit), 'utf8').catch(() => '');
      const line = lineThatNames(text, project);
      if (line !== null && !found.has(unit)) found.set(unit, { unit, line });
    }
  }
  return [...found.values()];
};

const lineThatNames = (text: string, project: string): string | null => {
  const lines = text.split('\n').map((line) => line.trim());
  const starts = lines.filter((line) => line.startsWith('ExecStart=') && /compose/.test(line));
  if (starts.length === 0) return null;
  const names = (line: string): boolean =>
    line.split(/[\s='"]+/).some((word) => word === project || word.startsWith(`${project}/`));
  return lines.find((line) => /^(WorkingDirectory|ExecStart)=/.test(line) && names(line)) ?? null;
};
