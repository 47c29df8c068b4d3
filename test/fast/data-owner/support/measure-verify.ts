import { operations } from '../../../../activities/adapters/data-owner/operations/index.ts';

/** A program: verifies the archive of its first argument with the second as scratch, and says what that took. */
const [archive = '', scratch = ''] = process.argv.slice(2);
let bytesRead = 0;
const context = {
  signal: new AbortController().signal,
  onProgress: ({ phase, bytes }: { phase: string; bytes: number }) => {
    if (phase === 'reading the archive') bytesRead = bytes;
  },
};
const outcome = await operations.verifyBackup({ archive, scratch, full: true }, context).then(
  () => 'passed',
  (error: unknown) => String(error),
);
const megabytes = process.resourceUsage().maxRSS / 1_024;
process.stdout.write(JSON.stringify({ outcome, bytesRead, megabytes }));
