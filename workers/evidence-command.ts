import { readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { type EvidenceVerdict, verifyEvidence } from '../activities/adapters/evidence/evidence-manifest.ts';
import { exportEvidence, requireRecipients } from '../activities/adapters/evidence/export-evidence.ts';
import { CliError } from '../client/cli-error.ts';
import { loadHostConfig } from '../config/load-host-config.ts';

type Out = (text: string) => void;

interface EvidenceOptions {
  readonly config: string;
  readonly json?: boolean;
}

interface VerifyOptions extends EvidenceOptions {
  readonly sha256?: string;
}

interface ExportOptions extends VerifyOptions {
  readonly to: string;
  readonly recipient?: readonly string[];
}

/** `evidence`: list, verify and export what securityIncident kept; without any server. */
export function registerEvidence(program: Command, defaultConfig: string, out: Out): void {
  const evidence = program
    .command('evidence')
    .description('the evidence that securityIncident kept on this host: list, verify, export; needs root');
  const sub = (name: string, text: string) =>
    evidence
      .command(name)
      .description(text)
      .option('--config <file>', "the host's configuration", defaultConfig)
      .option('--json', 'answer in JSON');
  sub('list', 'the folders of evidence on this host, newest first').action((options: EvidenceOptions) =>
    list(options, out),
  );
  sub('verify', 'compare every file with the manifest, and the custody log with itself')
    .argument('<folder>', 'a folder of evidence, or the name of one on this host')
    .option('--sha256 <hash>', "the manifest's sha256 from the report: tells a manifest that was made anew")
    .action((folder: string, options: VerifyOptions) => verify(folder, options, out));
  sub('export', 'verify a folder, and encrypt it into one new archive (age); nothing is on the disk in clear')
    .argument('<folder>', 'a folder of evidence, or the name of one on this host')
    .requiredOption(
      '--to <file>',
      'the archive to write, such as /root/incident.tar.age; never one that exists',
    )
    .option('--sha256 <hash>', "the manifest's sha256 from the report")
    .option('--recipient <age1…>', 'who can open it, may be repeated; default: bundle.recipients', collect)
    .action((folder: string, options: ExportOptions) => exportTo(folder, options, out));
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

async function list({ config, json }: EvidenceOptions, out: Out): Promise<void> {
  const folder = await evidenceHome(config);
  const names = (await readdir(folder).catch(() => [] as string[])).sort().reverse();
  const folders = names.map((name) => path.join(folder, name));
  if (json === true) out(JSON.stringify({ folders }));
  else
    out(
      folders.length === 0 ? `No evidence in ${folder}, or not readable: try with sudo.` : folders.join('\n'),
    );
}

async function verify(given: string, options: VerifyOptions, out: Out): Promise<void> {
  const folder = await folderNamed(given, options.config);
  const verdict = await verifyEvidence(folder, options.sha256 ?? null);
  const { manifest, manifestSha256, problems } = verdict;
  if (options.json === true)
    out(JSON.stringify({ folder, manifestSha256, files: manifest.files.length, problems }));
  requireUnchanged(folder, verdict);
  if (options.json === true) return;
  out(`${folder}: each of its ${manifest.files.length} files is as it was sealed at ${manifest.sealedAt}`);
  out(
    `manifest sha256 ${manifestSha256}${options.sha256 === undefined ? ': compare it with the report' : ', as given'}`,
  );
}

async function exportTo(given: string, options: ExportOptions, out: Out): Promise<void> {
  const folder = await folderNamed(given, options.config);
  const recipients = options.recipient ?? (await loadHostConfig(options.config)).bundle.recipients;
  requireRecipients(recipients);
  const verdict = await verifyEvidence(folder, options.sha256 ?? null);
  requireUnchanged(folder, verdict);
  const who = process.env['SUDO_USER'] ?? userInfo().username;
  const exported = await exportEvidence(folder, verdict, { to: path.resolve(options.to), recipients, who });
  if (options.json === true) return out(JSON.stringify({ folder, ...exported }));
  out(`${exported.file}: ${exported.bytes} bytes, sha256 ${exported.sha256}, decrypted again and compared`);
  out(`To open it: age -d -i KEY ${exported.file} | tar -x; then fdts-ops evidence verify on the folder`);
}

function requireUnchanged(folder: string, { problems }: EvidenceVerdict): void {
  if (problems.length === 0) return;
  throw new CliError('unexpected', {
    code: 'EVIDENCE_CHANGED',
    message: `${folder} is not as it was sealed:\n  ${problems.join('\n  ')}`,
    hint: 'Keep it as it is, and note who had access to this host since.',
  });
}

/** A name alone means a folder of this host. */
async function folderNamed(given: string, config: string): Promise<string> {
  return given.includes('/') ? path.resolve(given) : path.join(await evidenceHome(config), given);
}

async function evidenceHome(config: string): Promise<string> {
  return path.join((await loadHostConfig(config)).state.folder, 'evidence');
}
