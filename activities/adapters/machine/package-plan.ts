/** A package upgrade with exact versions. `from` null: a package that the upgrade needs and that is new (a kernel). */
export type PackageUpgrade = {
  /** With `:architecture` when it is not the host's own. */
  readonly name: string;
  readonly from: string | null;
  readonly to: string;
  /** Whether the distribution's security archive has this version. */
  readonly security: boolean;
};

/** Reads what `apt-get -s upgrade` prints: one `Inst name [old] (new origin… [architecture])` for each package. */
export const readPackagePlan = (output: string): readonly PackageUpgrade[] =>
  output.split('\n').flatMap((line) => {
    const match = /^Inst (\S+) (?:\[([^\]]+)\] )?\((\S+)(.*)\)/.exec(line);
    const [, name, from, to, origins] = match ?? [];
    if (name === undefined || to === undefined) return [];
    return [{ name, from: from ?? null, to, security: /security/i.test(origins ?? '') }];
  });

/** As apt takes it: exactly this version. */
export const exactPackage = ({ name, to }: Pick<PackageUpgrade, 'name' | 'to'>): string => `${name}=${to}`;
