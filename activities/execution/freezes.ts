import { freezeAt, nextFreeze, nextOpening } from '../../config/freezes.ts';
import type { HostConfig } from '../../config/host-schema.ts';
import type { FreezeClaim, FreezeState } from '../../workflows/contracts/freeze.ts';
import { OperationError } from '../adapters/operation-error.ts';

/** What a run has to know about the freezes of this host. */
export function freezeState({ freezes }: Pick<HostConfig, 'freezes'>, at: number): FreezeState {
  const on = freezeAt(freezes, at);
  const next = nextFreeze(freezes, at);
  const opens = new Date(nextOpening(freezes, at)).toISOString();
  return {
    now: on === null ? null : { name: on.name, reason: on.reason, opens },
    next: next === null ? null : { name: next.name, from: next.from },
  };
}

/** @throws OperationError `FREEZE`: a freeze is on, and the run is neither exempt nor overrides it. */
export function requireNoFreeze({ now }: FreezeState, { exempt, override }: FreezeClaim): void {
  if (now === null || exempt !== null || override !== null) return;
  throw new OperationError({
    code: 'FREEZE',
    operation: 'take the hold of',
    target: 'this host',
    cause: `the freeze "${now.name}" is on (${now.reason})`,
    hint: `The next opening is at ${now.opens}: start it again then. When it cannot wait, start it with {"overrideFreeze":"why"}; the reason stands in its gate and report.`,
    retryable: false,
  });
}
