import type { Owner } from '../data-owner/run-as-owner.ts';
import { OperationError } from '../operation-error.ts';

/**
 * Makes this process the owner of FDTS's files, for good: configuration is read as root, and everything that is written
 * is written as the owner of the backup folder. Does nothing when it is that user already.
 */
export function becomeOwner({ uid, gid }: Owner): void {
  const { setgroups, setgid, setuid } = process;
  if (process.getuid?.() === uid && process.getgid?.() === gid) return;
  try {
    setgroups?.([]);
    setgid?.(gid);
    setuid?.(uid);
  } catch (cause) {
    throw new OperationError({
      code: 'MAY_NOT_BECOME_OWNER',
      operation: 'makeBundle',
      target: `uid ${uid}, gid ${gid}`,
      cause,
      hint: 'check data.owner in the configuration; only root may become another user',
      retryable: false,
    });
  }
}
