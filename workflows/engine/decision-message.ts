import type { DecisionMessage } from '../messages.ts';

const FIELDS: readonly string[] = ['by', 'reason', 'gate', 'plan'] satisfies (keyof DecisionMessage)[];

/** Longer texts of a person are cut: they go into the report and the checklist. */
const MAX_TEXT = 500;

/** What a person said with a decision. The UI sends whatever was typed: only texts of known fields are taken. */
export function readMessage(raw: unknown): DecisionMessage {
  if (typeof raw !== 'object' || raw === null) return {};
  const texts = Object.entries(raw).flatMap(([field, value]) =>
    FIELDS.includes(field) && value !== undefined && value !== null
      ? [[field, (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_TEXT)]]
      : [],
  );
  return Object.fromEntries(texts);
}
