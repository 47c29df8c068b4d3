import { createServer } from 'node:http';
import { HttpError } from './http-error.mjs';
import { log } from './log.mjs';

/** The HTTP server over the routes; one log line per request. */
export function createAppServer(routes, faults) {
  return createServer((request, response) => void serve({ routes, faults }, request, response));
}

async function serve({ routes, faults }, request, response) {
  const began = performance.now();
  const { pathname } = new URL(request.url ?? '/', 'http://app');
  const ip = String(request.headers['x-forwarded-for'] ?? request.socket.remoteAddress);
  const { status, body, bytes } = await faults
    .before(pathname)
    .then(() => answer(routes, request, pathname, ip))
    .catch(failure);
  const type = bytes ? 'application/octet-stream' : 'application/json';
  response.writeHead(status, status === 204 ? {} : { 'content-type': type });
  response.end(status === 204 ? undefined : (bytes ?? JSON.stringify(body)));
  log(levelOf(status), 'request', {
    method: request.method,
    path: pathname,
    status,
    ms: Math.round(performance.now() - began),
    ...(status >= 500 && body?.error ? { error: body.error } : {}),
  });
}

async function answer(routes, request, pathname, ip) {
  for (const [method, pattern, handler] of routes) {
    const match = method === request.method && pattern.exec(pathname);
    if (match) return handler({ request, ip, id: match[1] });
  }
  throw new HttpError(404, 'no such path');
}

function failure(error) {
  return { status: error instanceof HttpError ? error.status : 500, body: { error: error.message } };
}

function levelOf(status) {
  if (status >= 500) return 'error';
  return status >= 400 ? 'warn' : 'info';
}
