import path from 'node:path';
import type { Finding } from '../explain-issue.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';
import { isWithin } from '../path-field.ts';

/** Rules of the configuration bundle: one way to encrypt it, and no users' data in it. */
export function bundleRules(host: Partly<ParsedHost>): Finding[] {
  return [...oneWay(host), ...noUsersData(host)];
}

function oneWay({ bundle }: Partly<ParsedHost>): Finding[] {
  if (bundle?.recipients === undefined) return [];
  const given = (['passphraseFile', 'passphraseEnv'] as const).filter((key) => bundle[key] !== undefined);
  const findings: Finding[] = [];
  if (given.length > (bundle.recipients.length > 0 ? 0 : 1)) {
    const ways = [...(bundle.recipients.length > 0 ? ['recipients'] : []), ...given];
    const expected = 'one of recipients, passphraseFile and passphraseEnv: an age file cannot have both';
    findings.push({ keys: ['bundle'], got: ways.join(' and '), expected });
  }
  if (bundle.identityFile && bundle.recipients.length === 0) {
    const expected = 'the recipient that belongs to it in bundle.recipients ("age-keygen -y FILE" prints it)';
    findings.push({ keys: ['bundle', 'identityFile'], got: 'a private key and no recipients', expected });
  }
  return findings;
}

function noUsersData({ bundle, data, project }: Partly<ParsedHost>): Finding[] {
  const database = data?.database;
  const folder = database && path.posix.dirname(database);
  // Directly in the project's folder only the files of the database are data.
  const folders = [data?.uploads, folder === project?.folder ? database : folder];
  return (bundle?.paths ?? []).flatMap((entry, index) => {
    if (project?.folder === undefined || entry === undefined) return [];
    const full = path.posix.resolve(project.folder, entry);
    if (!folders.some((folder) => folder !== undefined && isWithin(full, folder))) return [];
    const expected = "configuration only: users' data is in the backup itself";
    return [{ keys: ['bundle', 'paths', String(index)], got: JSON.stringify(entry), expected }];
  });
}
