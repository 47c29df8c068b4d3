import type { RetirementSurvey } from '../contracts/retirement.ts';

/**
 * Whether a machine booted after it was asked for, and so was away: it was off when it was replaced, or went off since. That it
 * took long to answer proves nothing: a worker was restarted while FDTS served, or the control worker heard of the answer late.
 * Both clocks have to say so. That of the run (`asked`, `heard`, in milliseconds) may be late, that of the machine set wrong.
 */
export function bootedSince(
  { asked, heard }: { readonly asked: number; readonly heard: number },
  { secondsSinceBoot, at }: NonNullable<RetirementSurvey['clocks']>,
): boolean {
  return Math.min(heard, at) - asked > secondsSinceBoot * 1000;
}
