import type { PackageUpgrade } from '../../contracts/window-plan.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** Lists the security updates among these upgrades, and whether each is installed by now. */
export function tellSecurityUpdates(
  run: Run<StepsById>,
  upgrades: readonly PackageUpgrade[],
  { left, answer }: { readonly left: (upgrade: PackageUpgrade) => boolean; readonly answer: string },
): void {
  const security = upgrades.filter((upgrade) => upgrade.security);
  run.section(
    'Security updates',
    security.length === 0
      ? ['the package lists offer none']
      : security.map(
          (upgrade) => `${upgrade.name} ${upgrade.to}: ${left(upgrade) ? 'left to do' : 'installed'}`,
        ),
  );
  const open = security.filter(left).map(({ name }) => name);
  run.verify(
    [
      {
        name: 'security updates are installed',
        status: open.length === 0 ? 'pass' : 'fail',
        expected: 'none left',
        got: open.length === 0 ? 'none left' : `left: ${open.join(', ')}`,
        answer,
      },
    ],
    'report',
  );
}
