import { timeLimit } from '../time-limit.ts';
import { type Audience, type Channel, keyOf, type Notification } from './notification.ts';

/** A receiver of messages over HTTP. Address and token are read for each message: new ones count at once. */
export interface Webhook {
  readonly format: 'json' | 'slack';
  readonly url: () => Promise<string>;
  /** Sent as a bearer token; null for none. */
  readonly token: () => Promise<string | null>;
}

/** Messages as POST requests: a body that Slack and those that speak like it take, or every field as JSON. */
export function webhookChannel(name: string, audience: Audience, { format, url, token }: Webhook): Channel {
  return {
    name,
    audience,
    send: async (message, timeoutMs) => {
      const secret = await token();
      const response = await fetch(await url(), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          // A receiver that got it and did not answer in time knows a repetition by this.
          'idempotency-key': keyOf(message),
          ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
        },
        body: JSON.stringify(format === 'slack' ? slackBody(message) : jsonBody(message)),
        // Elsewhere is not where the configuration said.
        redirect: 'error',
        signal: timeLimit(timeoutMs),
      }).catch((error: unknown) => {
        throw new Error(whyUnreached(error));
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the receiver answered ${response.status}`);
    },
  };
}

function slackBody({ subject, text }: Notification): object {
  return { text: `*${escapeForSlack(subject)}*\n${escapeForSlack(text)}` };
}

function jsonBody(message: Notification): object {
  const { runId, kind, subject, text, audience = 'operators' } = message;
  return { key: keyOf(message), runId, kind, subject, text, audience };
}

/** Slack reads these three as marks of its own: a message must not mention everybody. */
function escapeForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function whyUnreached(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'the receiver did not answer in time';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return `the receiver was not reached${code === '' ? '' : ` (${code})`}`;
}
