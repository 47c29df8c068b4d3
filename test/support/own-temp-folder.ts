import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Gives all tests of a run one temporary folder, and removes it at the end with whatever they left in there. */
export default function ownTempFolder(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'fdts-ops-tests-'));
  // As open as /tmp itself: some tests run programs as another user.
  chmodSync(folder, 0o1777);
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
