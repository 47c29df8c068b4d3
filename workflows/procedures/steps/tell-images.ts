import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** Which images were left undeployed when containers were made anew; nothing where every name means what ran. */
export function tellImages(
  run: Run<StepsById>,
  made: { readonly lines: readonly string[] } | null | undefined,
): void {
  const lines = made?.lines ?? [];
  if (lines.length > 0) run.section('Images', lines);
}
