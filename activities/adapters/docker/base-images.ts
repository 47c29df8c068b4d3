/**
 * The images that a Dockerfile builds on, without its own stages and `scratch`. A name that depends on a build
 * argument without a default is null: only the build knows it.
 */
export const baseImages = (dockerfile: string): readonly (string | null)[] => {
  const defaults = new Map<string, string>();
  const stages = new Set<string>(['scratch']);
  const bases = new Set<string | null>();
  for (const line of dockerfile.replaceAll(/\\\r?\n/g, ' ').split('\n')) {
    const argument = /^\s*ARG\s+(\w+)=["']?([^\s"']+)/i.exec(line);
    if (argument?.[1] !== undefined && argument[2] !== undefined) defaults.set(argument[1], argument[2]);
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line);
    if (from?.[1] === undefined) continue;
    const base = resolve(from[1], defaults);
    if (base === null || !stages.has(base)) bases.add(base);
    if (from[2] !== undefined) stages.add(from[2]);
  }
  return [...bases];
};

const resolve = (name: string, defaults: ReadonlyMap<string, string>): string | null => {
  const resolved = name.replaceAll(
    /\$\{?(\w+)(?::-([^}]*))?\}?/g,
    (_, variable: string, fallback?: string) => {
      return defaults.get(variable) ?? fallback ?? '\0';
    },
  );
  return resolved.includes('\0') ? null : resolved;
};
