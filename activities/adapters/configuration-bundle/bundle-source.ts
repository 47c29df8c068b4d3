/** Something that belongs to the configuration of FDTS on this host. */
export interface BundleSource {
  /** What it is to an operator, such as `compose file` or `mounted into nginx`. */
  what: string;
  /** Full path of a file or a folder. */
  path: string;
  /**
   * `must`: without it FDTS cannot be deployed again, so no bundle is made. `asked`: the configuration names it, so its
   * absence is a failed check. `found`: its absence is said. `if there`: its absence is ordinary.
   */
  need: 'must' | 'asked' | 'found' | 'if there';
  /** Files to take in its place when it is too large, such as the Dockerfile of a build context. */
  insteadIfTooLarge?: readonly string[];
}

/** Something that is not in the bundle, and why: nothing is left out silently. */
export interface LeftOut {
  path: string;
  why: string;
}

/** A place whose content is never configuration, and what it is. */
export interface Excluded {
  path: string;
  why: string;
  /** What lies beside it and is called like it with more behind is of its kind: the log of a database. */
  alike?: boolean;
}

/** Why a path is never configuration; undefined when it may be. */
export function whyExcluded(excluded: readonly Excluded[], file: string): string | undefined {
  const found = excluded.find(({ path, alike }) =>
    alike === true ? isWithin(file, path) || isAlike(file, path) : isWithin(file, path),
  );
  return found?.why;
}

/** Whether a path is that of a file's companion, such as `database.sqlite-wal` or an unfinished `database.sqlite.….part`. */
function isAlike(file: string, path: string): boolean {
  return file.startsWith(`${path}-`) || file.startsWith(`${path}.`);
}

/** Whether `inner` is `outer` itself or lies below it. */
export function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === '/' ? '/' : `${outer}/`);
}
