/** The text or number at a dotted field (`data.id`) of an answer's JSON; undefined when it is not there or no JSON came. */
export function readJsonField(body: Uint8Array, field: string): string | undefined {
  const found = field.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      ? Reflect.get(value, key)
      : undefined;
  }, parse(body));
  if (typeof found === 'number') return String(found);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
