import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { ChosenArchive } from './find-archive.ts';

/** What a backup is that counts as partial. */
export const LACKS = 'which lacks content of users (its database is whole)';

/** A newer backup that was passed over for a whole one, and the input that takes it. */
export function passedOverTold(archive: string): string {
  return `newer, verified, PARTIAL: ${archive}, ${LACKS}; to take that one: {"archive":"${archive}"}`;
}

/**
 * Nothing when no newer backup was passed over. What users wrote since the whole one is in the partial one alone: which of
 * both is meant a person says, at the gate, or beforehand where no gate asks (`asks: false`).
 */
export function passedOverChecks(
  { archive, passedOver }: Pick<ChosenArchive, 'archive' | 'passedOver'>,
  { asks }: { readonly asks: boolean },
): CheckResult[] {
  if (passedOver === null) return [];
  return [
    {
      name: 'no newer backup is passed over',
      status: asks ? 'not proven' : 'fail',
      expected: 'the newest verified one is whole',
      got: `${archive} is the newest whole one; ${passedOverTold(passedOver)}`,
      answer: `name the one that is meant: {"archive":"${passedOver}"} for the newer data, {"archive":"${archive}"} for all uploads of then`,
    },
  ];
}
