import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { errorCode } from '../activities/adapters/error-code.ts';
import type { Mail, MailSender } from '../activities/adapters/notify/mail-channel.ts';
import { timeLimit } from '../activities/adapters/time-limit.ts';
import type { HostConfig } from '../config/host-schema.ts';

type Smtp = NonNullable<HostConfig['notifications']['smtp']>;

/** Sends mail over the configured server. The password is read for each mail, so that a new one counts at once. */
export function createMailSender(
  smtp: Smtp,
  to: readonly string[],
): { from: string; to: readonly string[]; send: MailSender } {
  const send: MailSender = async (mail: Mail, timeoutMs: number) => {
    const transport = createTransport({
      host: smtp.host,
      port: smtp.port,
      secure: smtp.security === 'tls',
      requireTLS: smtp.security === 'starttls',
      ignoreTLS: smtp.security === 'none',
      connectionTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: await passwordOf(smtp) } }),
    });
    // Most limits above are for silence: a server that says a little now and then would never end.
    const signal = timeLimit(timeoutMs);
    try {
      await transport.sendMail({ ...mail, to: [...mail.to], signal });
    } catch (error) {
      const late = signal.aborted || errorCode(error) === 'ETIMEDOUT';
      throw late ? new Error('the mail server did not take it in time') : error;
    } finally {
      transport.close();
    }
  };
  return { from: smtp.from, to, send };
}

async function passwordOf({ passwordFile, passwordEnv }: Smtp): Promise<string> {
  if (passwordFile !== undefined) return (await readFile(passwordFile, 'utf8')).trim();
  return process.env[passwordEnv ?? ''] ?? '';
}
