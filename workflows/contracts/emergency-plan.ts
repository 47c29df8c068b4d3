import type { RestoreSurvey } from './restore-plan.ts';

/** The kinds of change that an emergency maintenance makes. */
export const EMERGENCY_CHANGES = ['image', 'packages', 'script'] as const;

/** One change, as the input names it. */
export interface EmergencyChange {
  readonly kind: (typeof EMERGENCY_CHANGES)[number];
  /** An image with its tag, names of packages, or the name of a script. */
  readonly what: string;
  /** For an image: the service that gets it; null: the app. */
  readonly service: string | null;
}

/** A script as it was seen: what runs later is this content, or nothing. */
export interface SeenScript {
  /** Full path. */
  readonly path: string;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What an emergency maintenance finds on the host, before anything is changed. */
export interface EmergencySurvey extends Omit<RestoreSurvey, 'archive' | 'hasManifest'> {
  /** Whether users were served well: only then is it worth going back once they are in again. */
  readonly wasServing: boolean;
  /** What they meet now, in lines. */
  readonly users: readonly string[];
  /** null: no script is to be run, or it may not be. */
  readonly script: SeenScript | null;
  readonly scriptSeconds: number;
  /** Seconds that a stop and a start may take, at most. */
  readonly stopAndStartSeconds: number;
}

/** The names of packages in the words of an input. Pure. */
export function packageNames(what: string): readonly string[] {
  return [...new Set(what.split(/[\s,]+/).filter((name) => name !== ''))];
}
