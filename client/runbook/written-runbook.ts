import type { Procedure } from '../../workflows/engine/procedure.ts';
import { runbookPage } from './runbook-page.ts';

const REWRITE = 'node --import tsx client/write-runbook.ts';

/** `docs/runbook.md`, with the defaults of every setting and links to the tests. Pure. */
export function writtenRunbook(procedures: readonly Procedure[]): string {
  return runbookPage(procedures, {
    intro: [
      `<!-- Made from workflows/procedures and client/runbook by \`${REWRITE}\`; change those, then run it again. -->`,
      'Every section of the paper runbook as fdts-ops runs it. `fdts-ops runbook --config FILE` prints it with the values of a host, `fdts-ops procedures NAME` one procedure in short. How to start, decide and read the end: [Operating guide](operating.md). Where the commands on paper fail: [errata.md](errata.md); everything that differs, and why: [runbook-differences.md](runbook-differences.md).',
    ],
    inDocs: true,
  });
}
