import type { CheckResult } from '../contracts/calls.ts';
import type {
  IncidentAccount,
  IncidentRecord,
  IncidentSurvey,
  RenewedSecrets,
  SealedEvidence,
} from '../contracts/incident.ts';
import type { ReportSection } from '../contracts/report.ts';
import { shellQuote } from '../contracts/shell-quote.ts';
import type { StepsById } from '../engine/procedure.ts';
import type { RunRecord } from '../engine/run-record.ts';

/** How an operator reads it after "the host stays". */
export const SAFE_STATE = 'isolated (users are shut out, also after a reboot)';

/** What a person does about an incident that stays open. */
export const NEXT_STEPS: readonly string[] = [
  `fdts-ops start securityIncident --input '{"action":"reopen"}'    # asks for the approval to let users in again`,
  'fdts-ops start securityIncident    # once more everything: evidence anew, secrets anew, services anew',
];

/** The incident as NIST SP 800-61 r2 wants it told. */
export function incidentLines(
  run: RunRecord<StepsById>,
  { ports, breakGlass, services, operatorPort }: IncidentSurvey,
  account: IncidentAccount,
): string[] {
  const host = run.host;
  return [
    `Incident: securityIncident ${run.stamp} (UTC)`,
    `Reported by: ${account.reporter ?? 'not said'}`,
    `Detected at: ${account.detectedAt ?? 'not said'}`,
    `Response began at: ${new Date(run.startedAt).toISOString()}`,
    `Category: ${account.category ?? 'not said'}`,
    `Description: ${account.description ?? 'not said'}`,
    `Affected resources: host ${host?.name ?? 'unknown'} (machine id ${host?.machineId ?? 'unknown'}), services ${services.join(', ')}`,
    `Closed: ${ports.map(({ published, protocol }) => `${published}/${protocol}`).join(', ')}, IPv4 and IPv6`,
    `Still let in: ${breakGlass.join(', ') || 'nobody'}; operators on port ${operatorPort}`,
    'Not said by this program: cause, impact on information, cost, who was informed. Add them to this report by hand.',
  ];
}

/** Where the evidence is, who collected it when, and how it is verified. */
export function evidenceLines(sealed: SealedEvidence | null): string[] {
  if (sealed === null) return ['NOT SEALED: see the steps above; nothing proves that it is unchanged'];
  const { folder, files, bytes, manifestSha256, sealedAt, notCollected } = sealed;
  return [
    `Stored at: ${folder} on the host (0700), ${files} files, ${bytes} bytes`,
    `Sealed at: ${sealedAt} (UTC); manifest sha256 ${manifestSha256}`,
    'Collected by: fdts-ops on this host, as this run; who, what and when of each piece is in custody.jsonl there',
    `Verify: sudo fdts-ops evidence verify ${shellQuote(folder)} --sha256 ${manifestSha256}`,
    `Hand over: sudo fdts-ops evidence export ${shellQuote(folder)} --to /root/incident.tar.age`,
    ...notCollected.map((line) => `NOT collected: ${line}`),
  ];
}

/** What was renewed, and what is left. Names only. */
export function secretLines(secrets: RenewedSecrets | null): string[] {
  if (secrets === null) return ['NOT RENEWED: whoever knows the old secrets can still make tokens'];
  const { at, file, keys, missing, leftToDo } = secrets;
  return [
    `Renewed at ${at}: ${keys.join(', ') || 'none'}, in ${file}`,
    ...missing.map((key) => `not in the file, so not renewed: ${key}`),
    ...leftToDo.map((key) => `LEFT TO DO: ${key} looks like a secret; renew it where it comes from`),
  ];
}

/** What a person approves before users are let in. */
export function reopenPlan(incident: IncidentRecord | null, checks: readonly CheckResult[]): ReportSection[] {
  const open = checks.filter(({ status }) => status === 'fail' || status === 'not proven');
  return [
    {
      title: 'Incident',
      lines:
        incident === null
          ? ['no record of it on this host']
          : [
              `${incident.id}, users shut out since ${incident.isolatedAt}`,
              `opens: ${incident.ports.join(', ')}`,
              ...(incident.account.description === null ? [] : [incident.account.description]),
            ],
    },
    { title: 'Evidence', lines: evidenceOf(incident) },
    { title: 'Secrets', lines: [...secretLines(incident?.secrets ?? null), provenLine(incident, open)] },
    {
      title: 'Failed or not proven',
      lines: open.map(({ name, status, got }) => `${status}: ${name}: ${got}`),
    },
    {
      title: 'Way back',
      lines: ['start securityIncident again: users are shut out within seconds'],
    },
  ].filter(({ lines }) => lines.length > 0);
}

function evidenceOf(incident: IncidentRecord | null): string[] {
  if (incident === null || incident.evidence.length === 0) return ['NONE WAS SEALED'];
  return incident.evidence.map(
    ({ folder, files, manifestSha256 }) => `${folder}: ${files} files, manifest sha256 ${manifestSha256}`,
  );
}

function provenLine(incident: IncidentRecord | null, open: readonly CheckResult[]): string {
  const provenAt = incident?.provenAt ?? null;
  if (provenAt === null) return 'NOT PROVEN that a token of before is refused';
  const isRefused = `proven at ${provenAt}: a token of before is refused`;
  return open.some(({ name }) => name === 'a new login works')
    ? `${isRefused}; a new login worked then, AND DOES NOT NOW`
    : `${isRefused}, a new login works`;
}
