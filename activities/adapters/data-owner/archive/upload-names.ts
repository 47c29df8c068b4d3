import { bytesOf } from '../files/upload-name.ts';
import { NameSet } from './name-set.ts';

/** Linux has no longer path or name. */
const longestPath = 4_095;
const longestName = 255;

/** The names that an upload archive has had so far: each must lie inside the folder, and be there once as one thing. */
export class UploadNames {
  readonly #seen = new NameSet();
  #parent = '';

  /** Takes in the next name; why it is refused, or undefined when it is good. */
  refuse(path: string, isFolder: boolean): string | undefined {
    if (isRoot(path)) return isFolder ? undefined : 'has no name';
    const complaint = shapeComplaint(path);
    if (complaint !== undefined) return complaint;
    const before = this.#seen.kindOf(path);
    if (before === 'folder' && isFolder) return undefined;
    if (before !== undefined) return 'is there twice';
    if (!this.#hasFoldersAbove(path)) return 'lies below a file';
    this.#seen.add(path, isFolder ? 'folder' : 'file');
    return undefined;
  }

  /** Whether it has had a file of this name. */
  hasFile(path: string): boolean {
    return this.#seen.kindOf(path) === 'file';
  }

  /** Folders need no entry of their own: what has something below it is one from then on. */
  #hasFoldersAbove(path: string): boolean {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent === this.#parent) return true;
    for (let end = parent.indexOf('/'); ; end = parent.indexOf('/', end + 1)) {
      const folder = end === -1 ? parent : parent.slice(0, end);
      if (folder !== '' && this.#seen.kindOf(folder) === 'file') return false;
      if (folder !== '') this.#seen.add(folder, 'folder');
      if (end === -1) break;
    }
    this.#parent = parent;
    return true;
  }
}

/** A name as an archive has it: its bytes, one character each. */
export function inTar(name: string): string {
  return bytesOf(name).toString('latin1');
}

/** Whether an entry of an upload archive is the uploads folder itself. */
export function isRoot(path: string): boolean {
  return path === '' || path === '.';
}

function shapeComplaint(path: string): string | undefined {
  if (path.startsWith('/') || path.includes('\0')) return 'has a forbidden name';
  if (path.length > longestPath) return `has a path of more than ${longestPath} bytes`;
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'leaves the folder or is oddly named';
  if (parts.some((part) => part.length > longestName)) return `has a name of more than ${longestName} bytes`;
  return undefined;
}
