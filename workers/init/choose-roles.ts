import type { ComposeContainer } from '../../activities/adapters/docker/projects.ts';

/** Which service is what, with the reason in words; null when none is. */
export interface Roles {
  readonly app: Role | null;
  readonly proxy: Role | null;
  readonly backup: Role | null;
}

/** A service in its role. */
export interface Role {
  readonly service: string;
  readonly why: string;
  /** Whether only a name or the lack of others says so. */
  readonly isGuess: boolean;
}

const PROXY_IMAGE = /(^|[/_-])(nginx|caddy|traefik|haproxy|httpd|apache2?|envoy)([:/@_-]|$)/i;
const BACKUP_NAME = /backup|bkp|dump/i;
const LOOPBACK = ['127.0.0.1', '::1'];

/**
 * Decides the roles of a project's services by what they mount and publish; names count only between equals. Pure.
 * @param database the file of the database, or null when none was found.
 * @param backups the folder of the backups, or null.
 */
export function chooseRoles(
  containers: readonly ComposeContainer[],
  database: string | null,
  backups: string | null,
): Roles {
  const withDatabase = containers.filter((container) => mounting(container, database) !== undefined);
  const app = chooseApp(withDatabase, containers, database, backups);
  const others = containers.filter(({ service }) => service !== app?.service);
  const proxy = chooseProxy(others);
  const rest = others.filter(({ service }) => service !== proxy?.service);
  return { app, proxy, backup: chooseBackup(rest, backups) };
}

/** The mount of a container that a path lies in. */
export function mounting(container: ComposeContainer, path: string | null) {
  if (path === null) return undefined;
  return container.mounts.find(({ source }) => source === path || path.startsWith(`${source}/`));
}

function chooseApp(
  withDatabase: readonly ComposeContainer[],
  all: readonly ComposeContainer[],
  database: string | null,
  backups: string | null,
): Role | null {
  const candidates = withDatabase.length > 0 ? withDatabase : all.filter((one) => !isProxy(one));
  const score = (one: ComposeContainer): number =>
    (one.publishedPorts.length > 0 ? 4 : 0) +
    (one.exposedPorts.length > 0 ? 2 : 0) +
    (mounting(one, database)?.readOnly === true ? -4 : 0) +
    (mounting(one, backups) === undefined ? 0 : -2) +
    (BACKUP_NAME.test(one.service) ? -3 : 0);
  const [best, ...rest] = [...candidates].sort((a, b) => score(b) - score(a));
  if (best === undefined) return null;
  const why =
    withDatabase.length === 0
      ? 'no service has a database mounted; this one is left when the proxy is taken away'
      : `${best.name} has the database mounted${serves(best)}`;
  const isTie = rest.some((one) => one.service !== best.service && score(one) === score(best));
  const others = rest.map(({ service }) => service).join(', ');
  return {
    service: best.service,
    why: isTie ? `${why}; it may be another of ${others}` : why,
    isGuess: isTie || withDatabase.length === 0,
  };
}

function serves({ publishedPorts, exposedPorts }: ComposeContainer): string {
  const [published] = publishedPorts;
  if (published !== undefined) return ` and publishes port ${published.published}`;
  return exposedPorts[0] === undefined ? '' : ` and listens on port ${exposedPorts[0]}`;
}

function chooseProxy(others: readonly ComposeContainer[]): Role | null {
  const web = others.find((one) => publicPorts(one).some((port) => port === 80 || port === 443));
  if (web !== undefined) {
    const ports = publicPorts(web).join(', ');
    return { service: web.service, why: `${web.name} publishes ${ports} to everybody`, isGuess: false };
  }
  const known = others.find((one) => isProxy(one) && one.publishedPorts.length > 0);
  if (known !== undefined) {
    return {
      service: known.service,
      why: `its image is ${known.imageName}, and it publishes ${known.publishedPorts.map(({ published }) => published).join(', ')}`,
      isGuess: true,
    };
  }
  const open = others.find((one) => publicPorts(one).length > 0);
  if (open === undefined) return null;
  const why = `no service publishes 80 or 443; ${open.name} publishes ${publicPorts(open).join(', ')} to everybody`;
  return { service: open.service, why, isGuess: true };
}

function publicPorts({ publishedPorts }: ComposeContainer): number[] {
  const open = publishedPorts.filter(
    ({ hostIp, protocol }) => !LOOPBACK.includes(hostIp) && protocol === 'tcp',
  );
  return [...new Set(open.map(({ published }) => published))].sort((a, b) => a - b);
}

function isProxy({ imageName, service }: ComposeContainer): boolean {
  return PROXY_IMAGE.test(imageName) || PROXY_IMAGE.test(service);
}

function chooseBackup(rest: readonly ComposeContainer[], backups: string | null): Role | null {
  const writer = rest.find((one) => mounting(one, backups)?.readOnly === false);
  if (writer !== undefined) {
    return { service: writer.service, why: `${writer.name} writes into ${backups}`, isGuess: false };
  }
  const named = rest.find((one) => BACKUP_NAME.test(one.service));
  return named === undefined ? null : { service: named.service, why: 'by its name', isGuess: true };
}
