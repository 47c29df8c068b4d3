import type { ComposeContainer } from '../../activities/adapters/docker/projects.ts';

const ANSWER_ON_LOOPBACK = ['127.0.0.1', '0.0.0.0', '', '::'];

/** Where services answer on loopback: their published ports, plain http before https. Pure. */
export function httpOrigins(containers: readonly ComposeContainer[]): string[] {
  const ports = containers
    .flatMap(({ publishedPorts }) => publishedPorts)
    .filter(({ hostIp, protocol }) => protocol === 'tcp' && ANSWER_ON_LOOPBACK.includes(hostIp))
    .filter(({ published }) => published > 0);
  const origins = ports.map(({ published, target }) => {
    const isSecure = target === 443 || published === 443 || target === 8443;
    const isUsual = published === (isSecure ? 443 : 80);
    return { isSecure, origin: `http${isSecure ? 's' : ''}://127.0.0.1${isUsual ? '' : `:${published}`}` };
  });
  const inOrder = [...origins.filter((one) => !one.isSecure), ...origins.filter((one) => one.isSecure)];
  return [...new Set(inOrder.map(({ origin }) => origin))];
}
