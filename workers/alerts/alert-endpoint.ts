import { timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ControlConfig } from '../../config/control-schema.ts';
import { type ReadAlerts, readAlerts } from './read-alerts.ts';

const MOST_BYTES = 1_000_000;

/** Hands one alert on; it throws when nobody takes it now, and the sender tries again. */
export type PassAlert = (accepted: ReadAlerts['accepted'][number]) => Promise<void>;

/**
 * `POST /alerts` on loopback: the webhook of an Alertmanager. 401 without the token, 400 for what is no such payload, 503
 * when the alerts could not be handed on (the Alertmanager sends them again; a repetition changes nothing), else 200 with
 * what was not taken and why.
 */
export async function serveAlerts(config: ControlConfig, pass: PassAlert): Promise<Server | null> {
  const { alerts } = config;
  if (alerts === null) return null;
  const server = createServer((request, response) => void answer(request, response, config, pass));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(alerts.port, '127.0.0.1', resolve);
  });
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  config: ControlConfig,
  pass: PassAlert,
): Promise<void> {
  const { status, body } = await handle(request, config, pass).catch((error: unknown) => ({
    status: 503,
    body: { problems: [`not handed on: ${error instanceof Error ? error.message : String(error)}`] },
  }));
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function handle(request: IncomingMessage, config: ControlConfig, pass: PassAlert) {
  if (request.url !== '/alerts') return { status: 404, body: { problems: ['expected POST /alerts'] } };
  if (request.method !== 'POST') return { status: 405, body: { problems: ['expected POST'] } };
  if (!(await hasToken(request, config.alerts?.tokenFile ?? ''))) {
    return {
      status: 401,
      body: { problems: ['expected "Authorization: Bearer" with the token of alerts.tokenFile'] },
    };
  }
  const text = await readBody(request);
  const read = readAlerts(parse(text), config);
  for (const accepted of read.accepted) await pass(accepted);
  const status = read.accepted.length === 0 && read.problems.length > 0 ? 400 : 200;
  return { status, body: { accepted: read.accepted.length, problems: read.problems } };
}

async function hasToken({ headers }: IncomingMessage, file: string): Promise<boolean> {
  const expected = Buffer.from(`Bearer ${(await readFile(file, 'utf8')).trim()}`);
  const got = Buffer.from(headers.authorization ?? '');
  return got.length === expected.length && timingSafeEqual(got, expected);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    // Read to its end all the same: a sender that is cut off does not see the answer.
    if (bytes <= MOST_BYTES) chunks.push(part);
  }
  return bytes <= MOST_BYTES ? Buffer.concat(chunks).toString('utf8') : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
