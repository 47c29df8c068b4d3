import type { SandboxHost } from '../../sandbox/host.ts';
import { say } from '../../setup/say.ts';
import { watchedDowntime } from './watched-downtime.ts';

/** What neither way can go below: the containers stop and start by the engine, in fdts-ops' order, with nothing in between. */
const script = `set -e
docker stop --time 30 fdts_nginx_1
docker stop --time 30 fdts_app_1 fdts_backup_1
docker start fdts_app_1
until curl --silent --fail --output /dev/null http://127.0.0.1:3001/api/health; do sleep 0.05; done
docker start fdts_nginx_1
docker start fdts_backup_1`;

/** Stops and starts the containers of a host that serves; the downtime that a prober saw. */
export async function containersAlone(host: SandboxHost): Promise<number> {
  await host.waitUntilServing();
  const { downtime } = await watchedDowntime(host, () => host.exec(['bash', '-c', script]));
  say(`  the containers alone: ${downtime.toFixed(2)}`);
  return downtime;
}
