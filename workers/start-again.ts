import { holdStackFile } from '../activities/adapters/compose/hold-stack.ts';

/**
 * The commands by which a person ends what keeps FDTS from starting.
 * @param unit `project.unit` of the configuration; without one only the file is removed.
 */
export function startAgain(unit: string | null, file = holdStackFile): string {
  return unit === null ? `sudo rm ${file}` : `sudo rm ${file} && sudo systemctl start ${unit}`;
}
