import { createHash } from 'node:crypto';
import { type Audience, type Channel, keyOf } from './notification.ts';

/** One mail. `messageId` follows from the key of the message: a mail program shows a repetition once. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
}

/** Hands one mail to the mail server; throws when the server did not take it. The worker supplies it. */
export type MailSender = (mail: Mail, timeoutMs: number) => Promise<void>;

/** Messages as mail. */
export function mailChannel(
  name: string,
  audience: Audience,
  { from, to, send }: { readonly from: string; readonly to: readonly string[]; readonly send: MailSender },
): Channel {
  return {
    name,
    audience,
    send: (message, timeoutMs) =>
      send(
        {
          from,
          to,
          // A line break in a subject would start a header of its own.
          subject: message.subject.replaceAll(/\s+/g, ' ').trim(),
          text: message.text,
          messageId: `<${createHash('sha256').update(keyOf(message)).digest('hex').slice(0, 32)}@fdts-ops>`,
        },
        timeoutMs,
      ),
  };
}
