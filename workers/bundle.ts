import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** The bundle that a built program runs. */
export const bundleFile = fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url));

/** Bundles the workflows into `dist/workflow-bundle.js`, so that a worker starts at once. Returns the file's path. */
export async function buildWorkflowBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  await mkdir(path.dirname(bundleFile), { recursive: true });
  await writeFile(bundleFile, code);
  return bundleFile;
}
