type Need =
  | 'compilers'
  | 'engine'
  | 'baseImage'
  | 'archives'
  | 'bundle'
  | 'compose'
  | 'chromium'
  | 'fastBackups';

/** Debian's names of what set-up may have to install, by what needs it; with `?` only where the system has it. */
export const needs: Readonly<Record<Need, readonly string[]>>;
/** Of which one is enough for the tests through the Temporal UI. */
export const chromiumPrograms: readonly string[];
/** Those of these names that the machine lacks. What is marked counts only along with others, where there are any. */
export function missingNeeds(names: readonly string[]): string[];
/** What the engine needs; a machine with Docker's own packages must not get Debian's beside them. */
export function engineNeeds(): readonly string[];
/** Which of these packages are not installed (all of them where there is no dpkg). */
export function missingPackages(names: readonly string[]): string[];
/** The names that apt knows, without marks. Only after `apt-get update`: a fresh machine knows no packages at all. */
export function knownToApt(names: readonly string[]): string[];
/** The name without its mark. */
export function plainName(name: string): string;
/** Why packages cannot be installed by this process, or undefined when they can. */
export function obstacleToInstall(uid?: number, isDebian?: boolean): string | undefined;
/** The one command with which a person installs all these packages and, with `engine`, starts Docker for the own user. */
export function oneCommand(names: readonly string[], options?: { engine?: boolean }): string;
