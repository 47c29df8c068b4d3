/** A test that shows something: of this title, in this file from the root of the checkout. */
export interface Proof {
  readonly file: `test/${string}.test.ts`;
  readonly title: string;
}

/** Tests of one file. */
export function shownIn(file: Proof['file'], ...titles: readonly string[]): readonly Proof[] {
  return titles.map((title) => ({ file, title }));
}

/** Each file once with its titles, in the order in which they stand. */
export function byFile(proofs: readonly Proof[]): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, readonly string[]>();
  for (const { file, title } of proofs) files.set(file, [...(files.get(file) ?? []), title]);
  return files;
}
