import type { Proof } from '../proof.ts';
import { backupProofs } from './backups.ts';
import { checkProofs } from './checks.ts';
import { incidentProofs } from './incidents.ts';
import { maintenanceProofs } from './maintenance.ts';

const PROOFS = { ...maintenanceProofs, ...backupProofs, ...checkProofs, ...incidentProofs };

/** The tests that show a procedure: first those on a real host, then how it decides. */
export function proofsOf(type: string): readonly Proof[] {
  return PROOFS[type] ?? [];
}
