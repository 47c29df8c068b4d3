import { holdStackFile } from '../activities/adapters/compose/hold-stack.ts';
import { shellQuote } from '../workflows/contracts/shell-quote.ts';

/**
 * The commands by which a person ends what keeps FDTS from starting.
 * @param unit `project.unit` of the configuration; without one only the file is removed.
 */
export function startAgain(unit: string | null, file = holdStackFile): string {
  return unit === null
    ? `sudo rm ${shellQuote(file)}`
    : `sudo rm ${shellQuote(file)} && sudo systemctl start ${shellQuote(unit)}`;
}
