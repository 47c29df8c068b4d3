import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';

/** Where the run of the tests has bundled the workflows, once for all files. */
export const BUNDLE_VARIABLE = 'FDTS_OPS_TEST_BUNDLE';

/** The workflows as they were in the sources when the tests began, or those of a test. */
export async function bundleWorkflows(file?: URL): Promise<WorkflowBundle> {
  const made = process.env[BUNDLE_VARIABLE];
  if (file === undefined && made !== undefined) return { code: readFileSync(made, 'utf8') };
  return bundle(file);
}

/** Bundles the product's workflows, or those of a file, from the sources. */
export function bundle(file = new URL('../../workflows/index.ts', import.meta.url)) {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(file),
    logger: new DefaultLogger('ERROR'),
  });
}
