import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { BUNDLE_VARIABLE, bundle } from './workflow-bundle.ts';

/** Bundles the workflows once for all test files of a run, into its temporary folder. */
export default async function bundleOnce(): Promise<void> {
  const file = path.join(process.env['TMPDIR'] ?? '/tmp', 'workflow-bundle.js');
  const { code } = await bundle();
  writeFileSync(file, code);
  process.env[BUNDLE_VARIABLE] = file;
}
