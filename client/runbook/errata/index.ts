import { dataErrata } from './data.ts';
import type { Erratum } from './erratum.ts';
import { incidentErrata } from './incidents.ts';
import { maintenanceErrata } from './maintenance.ts';

/** Where the paper runbook's own commands fail, in the order of their numbers. */
export const errata: readonly Erratum[] = [...maintenanceErrata, ...incidentErrata, ...dataErrata].toSorted(
  (one, other) => one.number - other.number,
);

/** Those that count in one of these procedures. */
export function errataOf(types: readonly string[]): readonly Erratum[] {
  return errata.filter(({ procedures }) => procedures.some((type) => types.includes(type)));
}
