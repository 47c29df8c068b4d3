import type { PackageUpgrade } from '../../contracts/window-plan.ts';

const ENGINE_PACKAGE = /^(docker(\.io|-ce.*|-engine)?|containerd(\.io)?|runc)(:.*)?$/;

/** Whether FDTS's containers run under this package: its upgrade restarts them. */
export function isEnginePackage({ name }: Pick<PackageUpgrade, 'name'>): boolean {
  return ENGINE_PACKAGE.test(name);
}
