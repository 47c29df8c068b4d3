import type { IncidentAccount, IncidentSurvey } from '../contracts/incident.ts';
import type { RunReport } from '../contracts/report.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { RunEnds, StepFailed } from '../engine/failure.ts';
import type { CommonInput } from '../engine/input.ts';
import { lookFromOutside } from '../engine/look-from-outside.ts';
import { lookFromVantagePoints } from '../engine/look-from-vantage.ts';
import { orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { takeHoldFirst } from '../engine/take-hold-first.ts';
import { watchForErrors } from '../engine/watch-for-errors.ts';
import {
  evidenceLines,
  incidentLines,
  NEXT_STEPS,
  reopenPlan,
  SAFE_STATE,
  secretLines,
} from './security-incident-report.ts';
import { watchIsolation } from './security-incident-watch.ts';
import { announceEndStep } from './steps/last-steps.ts';
import { tellImages } from './steps/tell-images.ts';

export interface SecurityIncidentInput extends CommonInput {
  readonly action?: 'respond' | 'reopen';
  readonly description?: string;
  readonly category?: string;
  readonly reporter?: string;
  readonly detectedAt?: string;
  readonly periodSeconds?: number;
  readonly approvalTimeoutSeconds?: number;
  readonly watchSeconds?: number;
}

export const securityIncidentProcedure = defineProcedure({
  type: 'securityIncident',
  title: 'Security incident',
  section: 'Emergency Procedures / Security Incident',
  summary:
    'Shuts users out at once, keeps evidence before anything is destroyed, renews the secrets, makes the services anew and proves that old tokens are refused. Users are let in again only by an approval; without one they stay shut out.',
  beyond:
    'Shuts users out on every port, at the next boot too, and proves it from outside; keeps sealed evidence before anything is destroyed; renews the named keys alone and proves that a token of before is refused. Only an approval lets users in.',
  mutating: true,
  emergency: true,
  safeState: 'isolated: users are shut out, also after a reboot, and the secrets that were renewed stay',
  freezeExempt: 'whoever attacks does not wait for its end',
  input: {
    action: {
      type: 'choice',
      oneOf: ['respond', 'reopen'],
      describe:
        'respond: everything; reopen: only the gate to let users in again, for an incident that an earlier run left open',
      example: 'respond',
    },
    description: {
      type: 'text',
      describe: 'what was noticed; it stands in the report, so no secrets and no personal data',
      example: 'logins from unknown addresses',
    },
    category: {
      type: 'choice',
      oneOf: [
        'unauthorized-access',
        'malicious-code',
        'denial-of-service',
        'inappropriate-usage',
        'multiple-component',
        'unknown',
      ],
      describe: 'kind of incident, as NIST SP 800-61 counts them',
      example: 'unauthorized-access',
    },
    reporter: { type: 'text', describe: 'who reported it', example: 'on-call engineer' },
    detectedAt: { type: 'text', describe: 'when it was noticed, in UTC', example: '2026-01-04T01:40:00Z' },
    periodSeconds: {
      type: 'seconds',
      describe: 'how far back audit rows and journal are kept; default: incident.period of the host',
      example: 3600,
    },
    approvalTimeoutSeconds: {
      type: 'seconds',
      describe: 'how long the gate to let users in waits; default: incident.approvalTimeout of the host',
      example: 604_800,
    },
    watchSeconds: {
      type: 'seconds',
      describe: 'how long errors are watched after users are let in; default: 60',
      example: 60,
    },
  },
  settings: [
    'incident.ports',
    'incident.operatorPort',
    'incident.breakGlass',
    'incident.period',
    'incident.auditTable',
    'incident.secrets',
    'incident.signedInUrl',
    'incident.approvalTimeout',
    'maintenance.healthTimeout',
  ],
  steps: {
    'survey-incident': { kind: 'check', title: 'See what there is to close' },
    isolate: {
      kind: 'change',
      title: 'Shut users out, now and at every boot',
      paper: '1. ufw deny',
      changes:
        'rules of its own in the firewall, for every port of FDTS, IPv4 and IPv6, open connections too',
      undo: 'none but an approval: this is the safe state',
      expectedSeconds: 5,
    },
    'prove-closed': {
      kind: 'check',
      title: 'Prove on the host that users are out and operators are not',
      paper: '1. ufw deny',
    },
    'look-from-outside': {
      kind: 'check',
      title: 'Prove from outside that the ports are closed',
      paper: '1. ufw deny',
    },
    'preserve-logs': {
      kind: 'change',
      title: 'Keep logs, journal and audit rows',
      paper: '2. copy logs and audit logs',
      changes: 'files in a private folder on the host',
      undo: 'not needed: evidence stays',
      onFailure: 'ask-or-skip',
    },
    'preserve-host': {
      kind: 'change',
      title: 'Keep connections, logins and processes of the host',
      paper: '2. preserve evidence',
      changes: 'files in that folder',
      undo: 'not needed: evidence stays',
      onFailure: 'ask-or-skip',
    },
    'preserve-files': {
      kind: 'change',
      title: 'Keep hashes of uploads and project, the configuration and the env file as it is',
      paper: '2. preserve evidence',
      changes: 'files in that folder',
      undo: 'not needed: evidence stays',
      onFailure: 'ask-or-skip',
    },
    'preserve-containers': {
      kind: 'change',
      title: 'Keep inspect, diff and export of every container',
      paper: '2. preserve evidence',
      changes: 'files in that folder',
      undo: 'not needed: evidence stays',
      onFailure: 'ask-or-skip',
    },
    'seal-evidence': {
      kind: 'change',
      title: 'Seal the evidence with a manifest of hashes',
      paper: '2. preserve evidence',
      changes: 'the manifest and the custody log in that folder',
      undo: 'not needed: evidence stays',
      onFailure: 'ask-or-skip',
    },
    'issue-token': {
      kind: 'change',
      title: 'Log in with the old secrets, to prove later that this counts no more',
      changes: 'a file with the token on the host, removed again',
      undo: 'not needed',
      onFailure: 'ask-or-skip',
    },
    'rotate-secrets': {
      kind: 'change',
      title: 'Renew the secrets of the app',
      paper: '3. change all credentials',
      changes: 'the configured keys of the env file, nothing else in it',
      undo: 'never: the old ones may be known; the file as it was is in the evidence',
      onFailure: 'ask-or-skip',
    },
    'recreate-services': {
      kind: 'change',
      title: 'Make the services anew with the new secrets (users still shut out)',
      paper: '4. down, up -d',
      changes: 'every container of the project',
      undo: 'not needed: users are out, and the old containers are evidence',
      onFailure: 'ask',
    },
    'smoke-test': {
      kind: 'change',
      title: 'Check health, login, upload and download on an inner port',
      paper: '5. after verification',
      changes: 'one small test file, removed again',
      undo: 'not needed',
      onFailure: 'ask-or-skip',
    },
    'prove-secrets': {
      kind: 'change',
      title: 'Prove that the old token is refused and a new login works',
      paper: '5. after verification',
      changes: 'removes the old token from the host',
      undo: 'not needed',
      onFailure: 'ask-or-skip',
    },
    'prove-still-closed': { kind: 'check', title: 'Prove again that users are out' },
    'approve-reopen': {
      kind: 'gate',
      title: 'A person approves to let users in',
      paper: '5. re-enable access',
    },
    reopen: {
      kind: 'change',
      title: 'Let users in (point of no return)',
      paper: '5. ufw allow',
      changes: 'removes exactly the rules that shut them out',
      undo: 'start securityIncident again: it shuts them out at once',
    },
    'check-serving': { kind: 'check', title: 'See that users are served' },
    watch: { kind: 'check', title: 'Watch for errors' },
    ...announceEndStep,
  },
});

type IncidentRun = Run<typeof securityIncidentProcedure.steps>;

/**
 * The security incident. No gate stands before the isolation: it keeps users out, but it is the safe state, can be taken
 * back whole, and every minute of asking is one more for whoever attacks. The gate stands before letting people in.
 */
export async function securityIncident(input?: SecurityIncidentInput): Promise<RunReport> {
  return runProcedure(securityIncidentProcedure, input, async (run, options) => {
    const survey = await run.check('survey-incident', read.surveyIncident({}));
    run.verify(survey.checks, 'refused');
    const isFollowUp = options.action === 'reopen';
    if (isFollowUp && survey.isolatedSince === null)
      throw new RunEnds('refused', 'no incident is open on this host: users are not shut out by one');
    const approvalSeconds = options.approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds;
    // Users are out, and safe: a failed step waits for a person as long as the gate would.
    run.failureWaitSeconds = approvalSeconds;
    await isolate(run, survey, accountOf(options));
    await proveClosed(run, survey);
    await takeHoldFirst(run);
    if (isFollowUp) skipToGate(run);
    else {
      await preserveEvidence(run, options.periodSeconds ?? survey.periodSeconds);
      await renewSecrets(run, survey);
    }
    await proveStillClosed(run, survey);
    await reopen(run, survey, approvalSeconds);
    await afterReopening(run, survey, options.watchSeconds ?? DEFAULT_WATCH_SECONDS);
  });
}

const DEFAULT_WATCH_SECONDS = 60;

/** Step 1 of the section: isolate the system. */
async function isolate(run: IncidentRun, survey: IncidentSurvey, account: IncidentAccount): Promise<void> {
  const { ports, breakGlass, operatorPort } = survey;
  const isolation = change.isolateHost({ ports, breakGlass, operatorPort, account });
  const { lines } = await run.change('isolate', isolation, {
    contains: {
      safeState: SAFE_STATE,
      keep: undoWith('Make sure that users are shut out', isolation),
      left: NEXT_STEPS,
    },
  });
  run.section('Incident (fields of NIST SP 800-61 r2)', incidentLines(run, survey, account));
  run.section('Isolation', lines);
}

async function proveClosed(run: IncidentRun, closed: IncidentSurvey): Promise<void> {
  const { ports, breakGlass, operatorPort } = closed;
  await orNotProven(run, 'the isolation on the host', async () => {
    const found = await run.check('prove-closed', read.checkIsolation({ ports, breakGlass, operatorPort }), {
      says: 'known only at run time: nothing is closed',
      result: { checks: [] },
    });
    run.verify(found.checks, 'report');
  });
  if (run.dryRun) return run.skip('look-from-outside', 'known only at run time: nothing is closed');
  await orNotProven(run, 'the isolation, seen from outside', async () => {
    const look = () => lookFromVantagePoints(run, { ports, operatorPort, breakGlass });
    run.verify(await run.checkBy('look-from-outside', look), 'report');
    await tellIfOpen(run);
  });
}

/** A port that is open from outside must not wait for the report. */
async function tellIfOpen(run: IncidentRun): Promise<void> {
  const open = run.checks.filter(({ status }) => status === 'fail');
  if (open.length === 0) return;
  await run.tell({
    key: 'still-open',
    subject: 'security incident: NOT everything is closed',
    text: open.map(({ name, got, answer = '' }) => `${name}: ${got}. ${answer}`).join('\n'),
  });
}

/** Step 2: preserve evidence, what is gone soonest first, and all of it before anything is destroyed. */
async function preserveEvidence(run: IncidentRun, sinceSeconds: number): Promise<void> {
  const logs = await run.tryChange('preserve-logs', change.preserveLogs({ sinceSeconds }));
  const host = await run.tryChange('preserve-host', change.preserveHostState({}));
  const files = await run.tryChange('preserve-files', change.preserveFiles({}));
  const containers = await run.tryChange('preserve-containers', change.preserveContainers({}));
  const kept = [logs, host, files, containers].flatMap((part) => part?.lines ?? []);
  run.section('Evidence, piece by piece', kept);
  const sealed = await run.tryChange('seal-evidence', change.sealEvidence({}));
  run.section('Evidence and chain of custody', evidenceLines(sealed ?? null));
}

/** Steps 3 and 4: change the credentials, and restart with them. */
async function renewSecrets(run: IncidentRun, survey: IncidentSurvey): Promise<void> {
  const before = await run.tryChange('issue-token', change.issueOldToken({}));
  run.verify(before?.checks ?? [], 'report');
  const renewed = await run.tryChange('rotate-secrets', change.rotateSecrets({}));
  run.section('Secrets', secretLines(renewed ?? null));
  const made = await run.change('recreate-services', change.recreateServices({ services: survey.services }));
  tellImages(run, made);
  const smoke = await run.tryChange('smoke-test', change.smokeTest({}));
  run.verify(smoke?.checks ?? [], 'report');
  const proof = await run.tryChange('prove-secrets', change.proveSecrets({}));
  run.verify(proof?.checks ?? [], 'report');
}

async function proveStillClosed(run: IncidentRun, survey: IncidentSurvey): Promise<void> {
  const { ports, breakGlass, operatorPort } = survey;
  await orNotProven(run, 'the isolation, before users are let in', async () => {
    const found = await run.check(
      'prove-still-closed',
      read.checkIsolation({ ports, breakGlass, operatorPort }),
      { says: 'known only at run time: nothing is closed', result: { checks: [] } },
    );
    run.verify(found.checks, 'report');
  });
}

/** Step 5: re-enable access after verification, by a person's approval alone. */
async function reopen(run: IncidentRun, survey: IncidentSurvey, timeoutSeconds: number): Promise<void> {
  const { incident } =
    run.host === null || run.dryRun ? { incident: null } : await run.read(run.host, read.readIncident({}));
  await run.gate('approve-reopen', {
    question: 'Approve to let users in again. Without an approval they stay shut out.',
    plan: reopenPlan(incident, run.checks),
    timeoutSeconds,
    watch: watchIsolation(run, survey, incident),
  });
  const letIn = change.reopenHost({});
  run.pointOfNoReturn('users are being let in: start securityIncident again to shut them out');
  try {
    const { lines } = await run.change('reopen', letIn, { finish: [undoWith('Let users in', letIn)] });
    run.section('Reopened', lines);
  } catch (error) {
    if (!(error instanceof StepFailed) || error.type === 'FENCED_OFF') throw error;
    throw new RunEnds(
      'needs-operator',
      `users could not be let in: ${error.message}. Mend that, then "sudo fdts-ops recover" on the host goes on`,
    );
  }
  if (incident === null) return;
  run.downtimeSeconds = Math.max(0, (Date.now() - Date.parse(incident.isolatedAt)) / 1000);
}

async function afterReopening(run: IncidentRun, survey: IncidentSurvey, seconds: number): Promise<void> {
  await orNotProven(run, 'seen from outside the host', async () => {
    const serving = await run.check('check-serving', read.checkServing({ services: survey.services }), {
      says: 'known only at run time',
      result: { checks: [] },
    });
    run.verify(serving.checks, 'report');
    await lookFromOutside(run);
  });
  await watchForErrors(run, seconds, 'After users were let in');
  await run.tryChange(
    'announce-end',
    change.announce({
      key: 'end',
      subject: 'the security incident is over',
      text: 'Users are let in again; the report on the host says what was found, and what is left to do.',
    }),
  );
}

function skipToGate(run: IncidentRun): void {
  const ids = [
    'preserve-logs',
    'preserve-host',
    'preserve-files',
    'preserve-containers',
    'seal-evidence',
    'issue-token',
    'rotate-secrets',
    'recreate-services',
    'smoke-test',
    'prove-secrets',
  ] as const;
  for (const id of ids) run.skip(id, 'not asked for: this run only lets users in again');
}

function accountOf(input: Partial<SecurityIncidentInput>): IncidentAccount {
  const { description = null, category = null, reporter = null, detectedAt = null } = input;
  return { description, category, reporter, detectedAt };
}
