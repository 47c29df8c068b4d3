import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tellsWriters } from '../../../activities/adapters/logs/logrotate.ts';
import { findScanner, readScan, scanImage } from '../../../activities/adapters/trivy.ts';

const report = (...severities: string[]) => ({
  SchemaVersion: 2,
  ArtifactName: 'app:1',
  Results: [
    { Target: 'os', Vulnerabilities: severities.map((Severity) => ({ VulnerabilityID: 'CVE-1', Severity })) },
    { Target: 'no findings' },
  ],
});

describe('an image scan', () => {
  it('is counted by severity', () => {
    const counts = readScan(JSON.stringify(report('CRITICAL', 'LOW', 'LOW', 'NEW WORD')), 'app:1');
    expect(counts).toEqual({ critical: 1, high: 0, medium: 0, low: 2, unknown: 1 });
    expect(readScan('{"ArtifactName":"app:1"}', 'app:1').critical).toBe(0);
  });

  it.each(['', 'FATAL no such image', '[]', '{"cut": '])('that printed %j is no report', (text) => {
    expect(() => readScan(text, 'app:1')).toThrow('no report');
  });

  it('is made by the program when it is there, else by the image, else not at all', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-scanner-'));
    const program = join(folder, 'scanner');
    await writeFile(program, `#!/bin/sh\n[ "$1" = image ] && echo '${JSON.stringify(report('HIGH'))}'\n`);
    expect(await findScanner([program], null, '/cache')).toBeNull();
    expect(await findScanner([program], 'scan:1', '/cache')).toContain('scan:1');
    await chmod(program, 0o755);
    const scanner = await findScanner([program], 'scan:1', '/cache');
    expect(scanner).toEqual([program]);
    expect(await scanImage([program], 'app:1', { timeoutMs: 10_000 })).toMatchObject({ high: 1 });
  });
});

describe('a file of logrotate', () => {
  it.each([
    ['/a.log {\n  weekly\n  copytruncate\n}', true],
    ['/a.log {\n  postrotate\n    kill -HUP 1\n  endscript\n}', true],
    ['/a.log {\n  weekly # copytruncate\n}', false],
    ['/a.log {\n  nocopytruncate\n}', false],
  ])('%j tells writers: %s', (text, tells) => {
    expect(tellsWriters(text)).toBe(tells);
  });
});
