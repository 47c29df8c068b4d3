import type { SandboxHost } from '../../../sandbox/host.ts';

const DATABASE = '/opt/fdts/data/database.sqlite';

/** Overwrites the page with the oldest rows of a table in the database of an app that runs, as a bad disk does. */
export async function overwriteOldestPage(host: SandboxHost, table: string): Promise<void> {
  // The app writes its log into the file when it ends: what lies there then is what it reads.
  await host.exec(['docker', 'restart', await containerOf(host, 'app')]);
  await host.waitUntilServing();
  const sql = `SELECT pageno FROM dbstat WHERE name = '${table}' AND pagetype = 'leaf' ORDER BY path LIMIT 1`;
  const page = Number((await host.exec(['sqlite3', '-readonly', DATABASE, sql])).stdout);
  const size = Number((await host.exec(['sqlite3', '-readonly', DATABASE, 'PRAGMA page_size'])).stdout);
  await overwrite(host, [`bs=${size}`, `seek=${page - 1}`, 'count=1']);
}

/** Overwrites the first page of the database: it is none any more. */
export async function overwriteFirstPage(host: SandboxHost): Promise<void> {
  await overwrite(host, ['bs=4096', 'count=1']);
}

/** The container of a service of FDTS, running or not. */
export async function containerOf(host: SandboxHost, service: string): Promise<string> {
  const labels = ['project=fdts', `service=${service}`];
  const filters = labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`]);
  return (await host.exec(['docker', 'ps', '--all', '--quiet', ...filters])).stdout;
}

async function overwrite(host: SandboxHost, where: readonly string[]): Promise<void> {
  await host.exec(['dd', 'if=/dev/urandom', `of=${DATABASE}`, 'conv=notrunc,fsync', ...where]);
}
