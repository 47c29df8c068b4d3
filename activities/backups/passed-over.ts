import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { ChosenArchive } from './find-archive.ts';

/** What a backup is that counts as partial. */
export const LACKS =
  'which lacks some uploads, or has most of them at a wrong path (its database is whole; its own report says which)';

/** A newer backup that was passed over for a whole one. */
export function passedOverTold(archive: string): string {
  return `newer, verified, PARTIAL: ${archive}, ${LACKS}`;
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
      got: `${archive} is the newest whole one; ${passedOverTold(passedOver)}${
        // At an open gate the run has the host.
        asks ? `; to take that one: abort, then start again with ${inputOf(passedOver, asks)}` : ''
      }`,
      answer: `name the one that is meant${asks ? '' : ', beside the rest of your input'}: ${inputOf(passedOver, asks)} for the newer data, ${inputOf(archive, asks)} for all uploads of then`,
    },
  ];
}

/** Without its mode a recovery would be a drill; the local command takes no input, but options. */
function inputOf(archive: string, asks: boolean): string {
  if (asks) return JSON.stringify({ archive });
  return `${JSON.stringify({ mode: 'real', archive })} (recover-site: --archive ${shellQuote(archive)})`;
}
