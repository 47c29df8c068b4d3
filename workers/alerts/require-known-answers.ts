import type { ControlConfig } from '../../config/control-schema.ts';
import { procedures } from '../../workflows/procedures/index.ts';

/** @throws Error when an alert is to be answered by a procedure that there is none of, before any alert comes. */
export function requireKnownAnswers({ alerts }: Pick<ControlConfig, 'alerts'>): void {
  const known = procedures.map(({ type }) => type);
  const unknown = (alerts?.answers ?? []).filter(({ procedure }) => !known.includes(procedure));
  if (unknown.length === 0) return;
  const told = unknown.map(({ alert, procedure }) => `${alert}: ${procedure}`).join(', ');
  throw new Error(
    `alerts.answers names procedures that are not there.\n  got:      ${told}\n  expected: each one of ${known.join(', ')}\n  next:     correct the configuration and start the worker again`,
  );
}
