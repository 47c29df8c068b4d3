/** An image's name in parts: `registry/path:tag@digest`. `repository` is everything before tag and digest. */
export type ImageReference = {
  readonly repository: string;
  /** The registry's host (with port), or null for Docker's default one. */
  readonly registry: string | null;
  readonly tag: string | null;
  readonly digest: string | null;
};

/** Takes an image's name apart. A colon belongs to the tag only after the last slash: `host:5000/app` has none. */
export const parseImageReference = (reference: string): ImageReference => {
  const [name = '', digest = null] = reference.split('@', 2);
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  const repository = colon === -1 ? name : name.slice(0, colon);
  const [host, ...path] = repository.split('/');
  const hasRegistry = path.length > 0 && host !== undefined && /[.:]|^localhost$/.test(host);
  return {
    repository,
    registry: hasRegistry ? host : null,
    tag: colon === -1 ? null : name.slice(colon + 1),
    digest,
  };
};

/** The name that an image built or kept by a run gets: its repository with a tag of ours, which prune leaves alone. */
export const runImage = (image: string, purpose: 'new' | 'old', run: string): string =>
  `${parseImageReference(image).repository}:fdts-ops-${purpose}-${run}`;

/** Whether a name is that of one image for ever: a digest or an id, which no tag can be moved to. */
export const isFixedImage = (image: string): boolean =>
  parseImageReference(image).digest !== null || /^(sha256:)?[0-9a-f]{64}$/.test(image);

/** Whether a tag is one that fdts-ops gave, and so may remove. */
export const isOwnTag = (image: string): boolean =>
  parseImageReference(image).tag?.startsWith('fdts-ops-') ?? false;
