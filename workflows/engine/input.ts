/** How a procedure declares one field of its input. */
export interface InputField {
  readonly type: 'text' | 'boolean' | 'seconds' | 'count' | 'choice';
  readonly describe: string;
  /** For a choice. */
  readonly oneOf?: readonly string[];
  /** Nothing stands for it: a run without it is refused. */
  readonly required?: true;
  readonly example: string | number | boolean;
}

export type InputFields = Readonly<Record<string, InputField>>;

/** Fields that every procedure takes. */
const COMMON_INPUT = {
  host: {
    type: 'text',
    describe: 'the host to work on; not needed when only one is known',
    example: 'web-1',
  },
  dryRun: {
    type: 'boolean',
    describe: 'list every change with its resolved arguments, make none',
    example: false,
  },
} as const satisfies InputFields;

/** For a procedure with a gate. */
export const gateInput = {
  approvalTimeoutSeconds: {
    type: 'seconds',
    describe: 'how long a gate waits for a person; default: maintenance.approvalTimeout of the host',
    example: 3600,
  },
} as const satisfies InputFields;

/** For a procedure that lets users in again. */
export const watchInput = {
  watchSeconds: {
    type: 'seconds',
    describe: 'how long errors are watched after users are let in; default: maintenance.watch of the host',
    example: 60,
  },
} as const satisfies InputFields;

/** Fields that a procedure which changes the host takes besides. */
const CHANGING_INPUT = {
  overrideFreeze: {
    type: 'text',
    describe: 'why it runs although a freeze is on; stands in the gate and the report',
    example: 'security fix that cannot wait',
  },
} as const satisfies InputFields;

/** Every field that a procedure takes. */
export function inputFields(procedure: {
  readonly mutating: boolean;
  readonly input: InputFields;
}): InputFields {
  return { ...COMMON_INPUT, ...procedure.input, ...(procedure.mutating ? CHANGING_INPUT : {}) };
}

export interface CommonInput {
  readonly host?: string;
  readonly dryRun?: boolean;
  readonly overrideFreeze?: string;
}

/** Every problem of an input, in words; empty when it is good. Nothing at all is a good input where no field is required. */
export function inputProblems(input: unknown, fields: InputFields): string[] {
  const given = input ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    return [`input: got ${show(given)}, expected one JSON object`];
  }
  const missing = requiredFields(fields).filter((name) => !Object.hasOwn(given, name));
  return [
    ...missing.map((name) => `${name}: missing (${fields[name]?.describe ?? ''})`),
    ...Object.entries(given).flatMap(([name, value]) => fieldProblem(name, value, fields)),
  ];
}

/** The names of the fields without which a run is refused. */
export function requiredFields(fields: InputFields): string[] {
  return Object.keys(fields).filter((name) => fields[name]?.required === true);
}

/** Which fields may be left out, in words. */
export function leaveOutRule(fields: InputFields): string {
  const required = requiredFields(fields);
  return required.length === 0
    ? 'every field may be left out'
    : `every field but ${required.join(', ')} may be left out`;
}

/** A correct input, ready to paste. */
export function exampleInput(fields: InputFields): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(fields)
        // A host's name cannot be made up, and one host alone needs none; nobody overrides a freeze by pasting.
        .filter(([name]) => name !== 'host' && name !== 'overrideFreeze')
        .map(([name, field]) => [name, field.example]),
    ),
  );
}

function fieldProblem(name: string, value: unknown, fields: InputFields): string[] {
  const field = fields[name];
  if (field === undefined) {
    return [`${name}: unknown field, expected one of ${Object.keys(fields).join(', ')}`];
  }
  const expected = expectation(field);
  return isOfType(field, value) ? [] : [`${name}: got ${show(value)}, expected ${expected}`];
}

function isOfType(field: InputField, value: unknown): boolean {
  switch (field.type) {
    case 'text':
      return typeof value === 'string' && value.trim() !== '';
    case 'boolean':
      return typeof value === 'boolean';
    case 'seconds':
      return typeof value === 'number' && Number.isFinite(value) && value > 0;
    case 'count':
      return typeof value === 'number' && Number.isInteger(value) && value > 0;
    case 'choice':
      return typeof value === 'string' && (field.oneOf ?? []).includes(value);
    default:
      return field.type satisfies never;
  }
}

function expectation(field: InputField): string {
  switch (field.type) {
    case 'text':
      return 'a text that is not empty';
    case 'boolean':
      return 'true or false';
    case 'seconds':
      return 'a number of seconds above 0';
    case 'count':
      return 'a whole number above 0';
    case 'choice':
      return `one of ${(field.oneOf ?? []).map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      return field.type satisfies never;
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
