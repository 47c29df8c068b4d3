import type { Finding } from '../explain-issue.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';

/** An incident must not shut the operators out. */
export function incidentRules({ incident }: Partly<ParsedHost>): Finding[] {
  const { ports, operatorPort } = incident ?? {};
  const own = ports?.find((port) => port.startsWith(`${operatorPort}/`));
  if (own === undefined) return [];
  const expected = 'ports of FDTS, not the one by which operators reach this host (incident.operatorPort)';
  return [{ keys: ['incident', 'ports'], got: JSON.stringify(own), expected }];
}
