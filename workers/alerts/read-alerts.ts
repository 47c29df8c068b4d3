import * as z from 'zod';
import type { ControlConfig, ControlHost } from '../../config/control-schema.ts';
import type { WatchAlert } from '../../workflows/contracts/watch.ts';

const labels = z.record(z.string(), z.string());

/** The webhook of an Alertmanager, version 4: what of it is used. */
const payload = z.object({
  version: z.literal('4'),
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: labels.and(z.object({ alertname: z.string().min(1) })),
      fingerprint: z.string().min(1).max(64),
    }),
  ),
});

/** What a payload says, for whom, and what of it cannot be used. */
export interface ReadAlerts {
  readonly accepted: readonly { readonly host: ControlHost; readonly alert: WatchAlert }[];
  readonly problems: readonly string[];
}

/** Reads what an Alertmanager has sent. An alert that nothing answers is a problem of its own; the others count. Pure. */
export function readAlerts(body: unknown, { alerts: config, hosts }: ControlConfig): ReadAlerts {
  const read = payload.safeParse(body);
  if (!read.success) {
    const issues = read.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
    return { accepted: [], problems: issues };
  }
  const accepted: { host: ControlHost; alert: WatchAlert }[] = [];
  const problems: string[] = [];
  for (const { status, labels: given, fingerprint } of read.data.alerts) {
    const { alertname } = given;
    const named = given[config?.hostLabel ?? ''];
    const host = named === undefined ? onlyOne(hosts) : hosts.find(({ name }) => name === named);
    const answer = config?.answers.find(({ alert }) => alert === alertname)?.procedure;
    if (host === undefined)
      problems.push(
        `${alertname}: label ${config?.hostLabel} says ${named ?? 'nothing'}, known are ${hosts.map(({ name }) => name).join(', ')}`,
      );
    else if (!host.watch.enabled) problems.push(`${alertname}: the watch of ${host.name} is not enabled`);
    else if (answer === undefined) problems.push(`${alertname}: no procedure answers it (alerts.answers)`);
    else
      accepted.push({
        host,
        alert: {
          fingerprint,
          name: alertname,
          firing: status === 'firing',
          answer,
          ...(config === null ? {} : { countsFor: config.forgetAfter }),
        },
      });
  }
  return { accepted, problems };
}

/** The host of an alert that names none; one that names another is not about it. */
function onlyOne(hosts: readonly ControlHost[]): ControlHost | undefined {
  return hosts.length === 1 ? hosts[0] : undefined;
}
