import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from './build-site.ts';

const script = new URL('../../../../sandbox/fdts/backup/scripts/backup.sh', import.meta.url);

/** Runs backup.sh of the site on this site's folders; the archive that it made. */
export function archiveByScript(site: Site): string {
  const work = mkdtempSync(join(site.root, 'script-'));
  const text = readFileSync(script, 'utf8')
    .replaceAll('/tmp/', `${work}/`)
    .replaceAll('/app/data', join(site.root, 'data'))
    .replaceAll('/app/uploads', site.uploads)
    .replaceAll('/app/backups', work);
  const said = execFileSync('bash', ['-c', text], { encoding: 'utf8' });
  return said.trim().replace('Backup created: ', '');
}

/** Makes both tars of an archive: `pack(to, folder, names)` writes a compressed one. */
type Pack = (to: string, folder: string, names: string[]) => void;

const byTar =
  (program: string, ...options: string[]): Pack =>
  (to, folder, names) =>
    execFileSync(program, [...options, '-czf', to, '-C', folder, ...names]);

const byPython =
  (format: string): Pack =>
  (to, folder, names) =>
    execFileSync('python3', ['-c', packInPython, to, format, folder, ...names]);

const packInPython = `
import os, sys, tarfile
to, format, folder, *names = sys.argv[1:]
os.chdir(folder)
with tarfile.open(to, 'w:gz', format=getattr(tarfile, format)) as tar:
    for name in names:
        tar.add(name)
`;

/** What may have made an archive by hand. */
export const packers: [string, Pack][] = [
  ['GNU tar', byTar('tar')],
  ['GNU tar, pax', byTar('tar', '--format=posix')],
  ['GNU tar, ustar', byTar('tar', '--format=ustar')],
  ['bsdtar', byTar('bsdtar')],
  ['bsdtar, pax', byTar('bsdtar', '--format=pax')],
  ['bsdtar, GNU', byTar('bsdtar', '--format=gnutar')],
  ['Python', byPython('PAX_FORMAT')],
  ['Python, GNU', byPython('GNU_FORMAT')],
];

/** An archive of the site by one of them. Its database must not be open. */
export function archiveBy(pack: Pack, site: Site): string {
  const work = mkdtempSync(join(site.root, 'work-'));
  execFileSync('cp', [site.database, `${work}/database.sqlite`]);
  pack(`${work}/uploads.tar.gz`, site.uploads, ['.']);
  pack(`${work}/by-hand.tar.gz`, work, ['database.sqlite', 'uploads.tar.gz']);
  return `${work}/by-hand.tar.gz`;
}

/** An archive with these two files as they are. */
export function archiveOf(
  root: string,
  { database, uploads }: { database: string; uploads: string },
): string {
  const work = mkdtempSync(join(root, 'work-'));
  execFileSync('cp', [database, `${work}/database.sqlite`]);
  execFileSync('cp', [uploads, `${work}/uploads.tar.gz`]);
  // The uploads first: where they are refused, no database is extracted and checked in vain.
  execFileSync('tar', ['-czf', `${work}/of-two.tar.gz`, '-C', work, 'uploads.tar.gz', 'database.sqlite']);
  return `${work}/of-two.tar.gz`;
}

/** One entry as Python writes it: any name (its bytes, as latin1), any type, whatever else a header may say. */
export interface OddEntry {
  name: string;
  type?: string;
  link?: string;
  content?: string;
  mode?: number;
  pax?: Record<string, string>;
}

/** A compressed tar of such entries, in the pax format where they need it. */
export function tarOfOdd(to: string, entries: OddEntry[]): string {
  execFileSync('python3', ['-c', packOdd, to], { input: JSON.stringify(entries) });
  return to;
}

const packOdd = `
import io, json, sys, tarfile
with tarfile.open(sys.argv[1], 'w:gz', format=tarfile.PAX_FORMAT) as tar:
    for entry in json.load(sys.stdin):
        name = entry['name'].encode('latin1').decode('utf-8', 'surrogateescape')
        info = tarfile.TarInfo(name)
        info.type = entry.get('type', '0').encode()
        info.linkname = entry.get('link', '')
        info.mode = entry.get('mode', 0o644)
        info.pax_headers = entry.get('pax', {})
        content = entry.get('content', '').encode()
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
`;
