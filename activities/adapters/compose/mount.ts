/** A mount of a service. `source` null: an anonymous volume or a tmpfs. */
export type ComposeMount = {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'npipe' | 'cluster';
  readonly source: string | null;
  readonly target: string;
  readonly readOnly: boolean;
};

/** Reads a mount in the forms that `config` prints: v1 `source:target:mode` or map, v2 map. */
export const readMount = (value: unknown): ComposeMount | null => {
  if (typeof value === 'string') return readShortMount(value);
  if (typeof value !== 'object' || value === null) return null;
  if (!('target' in value) || typeof value.target !== 'string' || !('type' in value)) return null;
  const type = mountTypes.find((known) => known === value.type);
  if (type === undefined) return null;
  return {
    type,
    source: 'source' in value && typeof value.source === 'string' ? value.source : null,
    target: value.target,
    readOnly: 'read_only' in value && value.read_only === true,
  };
};

const mountTypes = ['bind', 'volume', 'tmpfs', 'npipe', 'cluster'] as const;

const readShortMount = (text: string): ComposeMount | null => {
  const [first = '', target, mode = ''] = text.split(':');
  if (first === '') return null;
  if (target === undefined) return { type: 'volume', source: null, target: first, readOnly: false };
  const readOnly = mode.split(',').includes('ro');
  return { type: /^[./~]/.test(first) ? 'bind' : 'volume', source: first, target, readOnly };
};
