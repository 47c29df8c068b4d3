import { brokenBundle } from './bundle-errors.ts';
import { type BundleInventory, readInventory, sha256 } from './bundle-inventory.ts';
import { type BundleEntry, FILES, INVENTORY, unpackBundle } from './bundle-tar.ts';

/** A bundle that was decrypted and found whole. Its entries are files and links below `files/`. */
export interface CheckedBundle {
  inventory: BundleInventory;
  entries: BundleEntry[];
}

/** Unpacks a decrypted bundle in memory and compares each file and link with its own inventory; throws when any differs. */
export async function checkBundle(what: string, tar: Buffer): Promise<CheckedBundle> {
  const [first, ...entries] = await unpackBundle(what, tar);
  if (first?.name !== INVENTORY || first.type !== 'file') throw brokenBundle(what, `it has no ${INVENTORY}`);
  const inventory = parse(what, first.content);
  const expected = new Map<string, string>([
    ...inventory.files.map((file) => [`${FILES}${file.path}`, file.sha256] as const),
    ...inventory.links.map(({ path, target }) => [`${FILES}${path}`, `-> ${target}`] as const),
  ]);
  if (expected.size !== entries.length)
    throw brokenBundle(
      what,
      `its inventory lists ${expected.size} files and links, it has ${entries.length}`,
    );
  for (const { name, type, content, target } of entries) {
    const got = type === 'file' ? sha256(content) : `-> ${target}`;
    if (expected.get(name) !== got) throw brokenBundle(what, 'a file in it differs from its inventory');
    expected.delete(name);
  }
  return { inventory, entries };
}

function parse(what: string, content: Buffer): BundleInventory {
  try {
    return readInventory(content);
  } catch {
    throw brokenBundle(what, `its ${INVENTORY} is not one that this version knows`);
  }
}
