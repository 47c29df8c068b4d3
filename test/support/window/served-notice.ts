import type { SandboxHost } from '../../../sandbox/host.ts';
import { httpRequest } from '../../../sandbox/http-request.ts';
import { waitUntilWorkerRuns } from '../../../setup/install-host-worker.ts';

const FILE = '/etc/fdts-ops/host.yml';
const FOLDER = '/opt/fdts/notice';

/** The announcements to users in the file that the proxy of FDTS serves. */
export interface ServedNotice {
  /** What somebody gets who asks the proxy; null when there is none. */
  get(): Promise<{ readonly kind: string; readonly subject: string; readonly text: string } | null>;
  /** The configuration of before. */
  end(): Promise<void>;
}

/** Lets the host write its announcements there, until the end. */
export async function serveNotice(host: SandboxHost): Promise<ServedNotice> {
  const before = await host.readFile(FILE);
  await host.exec(['install', '-d', '-o', 'fdts-ops', '-m', '0755', FOLDER]);
  const configure = async (text: string): Promise<void> => {
    await host.writeFile(FILE, text);
    await host.exec(['systemctl', 'restart', 'fdts-ops-host.service']);
    await waitUntilWorkerRuns(host);
  };
  await configure(`${before}notifications:\n  users:\n    noticeFile: ${FOLDER}/notice.json\n`);
  return {
    get: async () => {
      const { status, body } = await httpRequest(`${host.httpUrl}/notice.json`);
      if (status === 404) return null;
      if (status !== 200) throw new Error(`the notice: the proxy answered ${status}, expected 200 or 404`);
      return JSON.parse(body.toString());
    },
    end: () => configure(before),
  };
}
