import { read } from '../../engine/calls.ts';
import { orNotProven } from '../../engine/not-proven.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** May take long: only once users are served. */
export const scanImagesStep = {
  'scan-images': {
    kind: 'check',
    title: 'Scan the images for known vulnerabilities',
    paper: 'Weekly 5. trivy image',
  },
} as const satisfies StepsById;

/** What the scan goes by in the host's file. */
export const scanSettings = ['weekly.scan.program', 'weekly.scan.image'] as const;

/** Counts known vulnerabilities of the images that run; without a scanner the check says why it is skipped. */
export function scanImages(run: Run<typeof scanImagesStep>): Promise<void> {
  return orNotProven(run, 'images are scanned', async () => {
    const scan = await run.check('scan-images', read.scanImages({}), {
      says: 'a real run scans the images that run',
      result: { checks: [], lines: [] },
    });
    run.verify(scan.checks, 'report');
    run.section('Known vulnerabilities by image', scan.lines);
  });
}
