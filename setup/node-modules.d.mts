/** Installs the npm packages of the lock file when they are missing or belong to another one. */
export function ensureNodeModules(root: string): Promise<void>;
/** The environment for a nested npm: flags given to the outer npm must not reach it. */
export function withoutNpmLeaks(environment: Record<string, string>): Record<string, string>;
/** What to tell a person when `npm ci` failed, given the compilers that are missing. */
export function npmCiFailure(missing: string[]): string;
