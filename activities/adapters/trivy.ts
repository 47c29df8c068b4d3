import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Command } from './command/command.ts';
import { type RunOptions, runCommand } from './command/run-command.ts';
import { OperationError } from './operation-error.ts';

/** Known vulnerabilities of one image, by severity. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

type Severity = (typeof SEVERITIES)[number];

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unknown'] as const;

/** The report of a large image; what is longer is cut, and then cannot be read. */
const REPORT_BYTES = 64 * 1024 * 1024;

/** How the host's scanner is called: by its program, or in a container that gets Docker's socket; null: there is none. */
export const findScanner = async (
  program: readonly string[],
  image: string | null,
  cache: string,
): Promise<readonly [string, ...string[]] | null> => {
  const [name, ...before] = program;
  if (name !== undefined && (await isInstalled(name))) return [name, ...before];
  if (image === null) return null;
  const socket = '/var/run/docker.sock:/var/run/docker.sock';
  return [
    'docker',
    'run',
    '--rm',
    '--pull=missing',
    '--volume',
    socket,
    '--volume',
    `${cache}:/root/.cache`,
    image,
  ];
};

/** The command that scans one image. */
const scanCommand = (scanner: readonly [string, ...string[]], image: string): Command => ({
  argv: [...scanner, 'image', '--quiet', '--format', 'json', '--scanners', 'vuln', image],
});

/** Scans one image. Only its numbers leave the report. */
export const scanImage = async (
  scanner: readonly [string, ...string[]],
  image: string,
  options: RunOptions,
): Promise<SeverityCounts> => {
  const { stdout } = await runCommand(scanCommand(scanner, image), {
    ...options,
    maxOutputBytes: REPORT_BYTES,
  });
  return readScan(stdout, image);
};

/** Reads the scanner's report. */
export const readScan = (json: string, image: string): SeverityCounts => {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, unknown: 0 };
  for (const result of listIn(parse(json, image), 'Results')) {
    for (const vulnerability of listIn(result, 'Vulnerabilities')) {
      const severity = String(fieldIn(vulnerability, 'Severity')).toLowerCase();
      counts[SEVERITIES.find((known) => known === severity) ?? 'unknown'] += 1;
    }
  }
  return counts;
};

const parse = (json: string, image: string): unknown => {
  try {
    const report: unknown = JSON.parse(json);
    if (fieldIn(report, 'ArtifactName') !== undefined) return report;
  } catch {
    // Said below: what stands there may be anything.
  }
  throw new OperationError({
    code: 'SCAN_UNREADABLE',
    operation: 'scanImage',
    target: image,
    cause: 'what the scanner printed is no report',
    hint: 'Run the scanner by hand on the host; weekly.scan names it.',
    retryable: false,
  });
};

const fieldIn = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;

const listIn = (value: unknown, name: string): readonly unknown[] => {
  const found = fieldIn(value, name);
  return Array.isArray(found) ? found : [];
};

const isInstalled = async (program: string): Promise<boolean> => {
  const folders = isAbsolute(program) ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
};
