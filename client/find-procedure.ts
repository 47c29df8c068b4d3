import { closest } from '../config/closest.ts';
import type { Procedure } from '../workflows/engine/procedure.ts';
import { procedures } from '../workflows/procedures/index.ts';
import { CliError } from './cli-error.ts';

/** The procedure of this name. Throws CliError (exit code 2), with the nearest name, when there is none. */
export function findProcedure(name: string): Procedure {
  const found = procedures.find(({ type }) => type === name);
  if (found !== undefined) return found;
  const names = procedures.map(({ type }) => type);
  const nearest = closest(name, names);
  throw new CliError('usage', {
    code: 'UNKNOWN_PROCEDURE',
    message: `no procedure ${JSON.stringify(name)}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
    hint: `Known are ${names.join(', ')}; fdts-ops procedures says what they do.`,
  });
}
