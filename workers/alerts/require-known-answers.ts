import type { ControlConfig } from '../../config/control-schema.ts';
import { requiredFields } from '../../workflows/engine/input.ts';
import { procedures } from '../../workflows/procedures/index.ts';

/** @throws Error when an alert is to be answered by what an alert cannot start, before any alert comes. */
export function requireKnownAnswers({ alerts }: Pick<ControlConfig, 'alerts'>): void {
  const problems = (alerts?.answers ?? []).flatMap(({ alert, procedure }) => {
    const why = whyNot(procedure);
    return why === null ? [] : [`${alert}: ${procedure} (${why})`];
  });
  if (problems.length === 0) return;
  throw new Error(
    `alerts.answers names procedures that no alert can start.\n  got:      ${problems.join(', ')}\n  expected: each one of ${startable().join(', ')}\n  next:     correct the configuration and start the worker again`,
  );
}

/** Why an alert cannot start this procedure; null: it can. An alert knows its host and nothing more. */
function whyNot(type: string): string | null {
  const procedure = procedures.find((known) => known.type === type);
  if (procedure === undefined) return 'there is none';
  const required = requiredFields(procedure.input);
  return required.length === 0 ? null : `a person has to say ${required.join(', ')}`;
}

function startable(): string[] {
  return procedures.map(({ type }) => type).filter((type) => whyNot(type) === null);
}
