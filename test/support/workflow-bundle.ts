import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Bundles the workflows as they are in the sources now, or those of a test. */
export async function bundleWorkflows(
  file = new URL('../../workflows/index.ts', import.meta.url),
): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(file),
    logger: new DefaultLogger('ERROR'),
  });
}
