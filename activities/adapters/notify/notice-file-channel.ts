import { chmod, rename, writeFile } from 'node:fs/promises';
import type { Channel } from './notification.ts';

/**
 * The latest announcement as a JSON file that the reverse proxy can serve and the app's pages can show. The folder must
 * belong to the worker; the file is replaced as a whole, so that nobody reads half of it.
 */
export function noticeFileChannel(name: string, file: string): Channel {
  return {
    name,
    audience: 'users',
    send: async ({ kind, subject, text }) => {
      const part = `${file}.part`;
      const notice = `${JSON.stringify({ kind, subject, text, at: new Date().toISOString() })}\n`;
      await writeFile(part, notice, { flush: true });
      // Whatever the worker's umask is: the proxy is another user.
      await chmod(part, 0o644);
      await rename(part, file);
    },
  };
}
