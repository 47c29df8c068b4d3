import type { ChildProcessWithoutNullStreams } from 'node:child_process';

const usualStopGraceMs = 2_000;

/** Asks a child to stop, then ends it; resolves when it has ended. */
export async function stopChild(
  child: ChildProcessWithoutNullStreams,
  ended: Promise<string>,
  stopGraceMs = usualStopGraceMs,
): Promise<void> {
  child.kill('SIGTERM');
  const hardStop = setTimeout(() => {
    // A worker without CAP_KILL may not signal another user's process; one whose input ends goes by itself.
    child.stdin.end();
    child.kill('SIGKILL');
  }, stopGraceMs);
  await ended;
  clearTimeout(hardStop);
}
