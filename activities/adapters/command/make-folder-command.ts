import { shellQuote } from '../../../workflows/contracts/shell-quote.ts';

/**
 * What a person types to make a folder for the owner of the data. Never `install -d` or `chown` there: as root those
 * follow a link that the owner, who is the app, may have planted.
 */
export function makeFolderCommand({ uid, gid }: { uid: number; gid: number }, folder: string): string {
  return `sudo /opt/fdts-ops/packaging/make-folder ${uid}:${gid} 0700 ${shellQuote(folder)}`;
}
