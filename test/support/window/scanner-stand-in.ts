import { expect, onTestFinished } from 'vitest';
import type { SandboxHost } from '../../../sandbox/host.ts';
import type { RunReport } from '../../../workflows/contracts/report.ts';

/** A program `trivy` on a host, until the end of the test. */
export interface ScannerStandIn {
  /** Proves that a report has its numbers for each image, and nothing else of what it found. */
  expectCounted(report: RunReport | null): void;
}

const PROGRAM = '/usr/local/bin/trivy';

/**
 * The one program that stands for another on the sandbox: trivy and its database of vulnerabilities are only offered at
 * download sites, and the tests have to run where none is reached. It takes the words of the real one alone, asks Docker for
 * the image as that does, and prints a report of its format (schema 2): findings for the app, none for the others.
 */
export async function scannerStandIn(host: SandboxHost): Promise<ScannerStandIn> {
  await host.writeFile(PROGRAM, script(), { mode: '755' });
  onTestFinished(async () => void (await host.exec(['rm', PROGRAM])));
  return {
    expectCounted: (report) => {
      expect(scanIn(report)).toMatchObject({ status: 'pass', got: '3 images' });
      const lines = report?.sections.find(({ title }) => title.startsWith('Known vulnerabilities'))?.lines;
      expect(lines?.toSorted()).toEqual([
        'fdts_app:latest: 1 critical, 2 high, 1 medium, 3 low, 1 unknown',
        'fdts_backup:latest: 0 critical, 0 high, 0 medium, 0 low, 0 unknown',
        'localhost:5000/fdts-nginx:stable: 0 critical, 0 high, 0 medium, 0 low, 0 unknown',
      ]);
      expect(JSON.stringify(report)).not.toContain('CVE-');
    },
  };
}

/** Proves that a report says why nothing was scanned, where no scanner is installed. */
export function expectNotScanned(report: RunReport | null): void {
  expect(scanIn(report)).toMatchObject({
    status: 'skipped',
    got: expect.stringMatching(/trivy is not installed/),
  });
}

function scanIn(report: RunReport | null) {
  return report?.checks.find(({ name }) => name === 'images are scanned');
}

function script(): string {
  return `#!/bin/sh
fail() { echo "FATAL $1" >&2; exit 1; }
[ "$#" = 7 ] && [ "$1 $2 $3 $4 $5 $6" = 'image --quiet --format json --scanners vuln' ] || fail "words: $*"
tags=$(docker image inspect --format '{{json .RepoTags}}' "$7") || fail "unable to find the image $7"
case $tags in
*'"fdts_app:latest"'*) cat <<'END'
${JSON.stringify(reportOf(['LOW', 'CRITICAL', 'HIGH', 'LOW'], ['MEDIUM', 'HIGH', 'UNKNOWN', 'LOW']), null, 2)}
END
;;
*) cat <<'END'
${JSON.stringify(reportOf([], []), null, 2)}
END
;;
esac
`;
}

/** What it finds in the packages of Debian, and in those of Node. */
function reportOf(debian: readonly string[], node: readonly string[]): object {
  return {
    SchemaVersion: 2,
    CreatedAt: '2026-01-04T02:00:00.000000000Z',
    ArtifactName: 'sha256:0000',
    ArtifactType: 'container_image',
    Metadata: { OS: { Family: 'debian', Name: '12.9' }, ImageID: 'sha256:0000', DiffIDs: ['sha256:1111'] },
    Results: [
      { Target: 'sha256:0000 (debian 12.9)', Class: 'os-pkgs', Type: 'debian', ...found(debian, 'debian') },
      { Target: 'Node.js', Class: 'lang-pkgs', Type: 'node-pkg', ...found(node, 'ghsa') },
    ],
  };
}

/** A target without findings has no list of them. */
function found(severities: readonly string[], source: string): object {
  if (severities.length === 0) return {};
  const Vulnerabilities = severities.map((Severity, index) => ({
    VulnerabilityID: `CVE-2026-${1000 + index}`,
    PkgID: `package-${index}@1.0-1`,
    PkgName: `package-${index}`,
    InstalledVersion: '1.0-1',
    ...(index === 0 ? { Status: 'affected' } : { FixedVersion: '1.0-2', Status: 'fixed' }),
    Layer: { Digest: 'sha256:2222', DiffID: 'sha256:1111' },
    SeveritySource: source,
    DataSource: { ID: source, Name: 'made up' },
    Title: 'made up: "critical" in a title counts for nothing',
    Severity,
    CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', V3Score: 9.8 } },
    References: [`https://example.org/CVE-2026-${1000 + index}`],
  }));
  return { Vulnerabilities };
}
