import type { FreezeClaim, FreezeState } from '../contracts/freeze.ts';
import type { ReportSection } from '../contracts/report.ts';
import type { GateRequest } from './ask-person.ts';
import type { Procedure } from './procedure.ts';

/** Why a freeze does not bind a procedure; null: it does. */
export function whyExempt({ freezeExempt, emergency }: Procedure): string | null {
  return freezeExempt ?? (emergency === true ? 'since it is an emergency' : null);
}

/** What a procedure and the input of its run claim about freezes. */
export function freezeClaim(procedure: Procedure, overrideFreeze: string | undefined): FreezeClaim {
  return { exempt: whyExempt(procedure), override: overrideFreeze ?? null };
}

/** What a gate and the report say about the freeze that is on; null when none is. */
export function freezeSection({ now }: FreezeState, { exempt, override }: FreezeClaim): ReportSection | null {
  if (now === null) return null;
  return {
    title: 'Freeze',
    lines: [
      `"${now.name}" is on until ${now.opens}: ${now.reason}`,
      ...(override === null ? [] : [`overridden, because: ${override}`]),
      ...(override === null && exempt !== null ? [`this procedure is exempt: ${exempt}`] : []),
      ...(override === null && exempt === null ? ['a run that is no dry run would be refused'] : []),
    ],
  };
}

/**
 * What a gate asks with a freeze in mind: whoever approves knows of the one that is on, and nobody is waited for into
 * one that begins meanwhile.
 */
export function withFreeze(
  request: GateRequest,
  state: FreezeState | undefined,
  claim: FreezeClaim,
): GateRequest {
  if (state === undefined) return request;
  const section = freezeSection(state, claim);
  const isBound = claim.exempt === null && claim.override === null;
  const left =
    isBound && state.next !== null ? (state.next.from - Date.now()) / 1000 : Number.POSITIVE_INFINITY;
  return {
    ...request,
    plan: [...(section === null ? [] : [section]), ...request.plan],
    timeoutSeconds: Math.max(1, Math.min(request.timeoutSeconds, left)),
  };
}
