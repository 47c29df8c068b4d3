import { condition, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { OpenGate, ReportSection } from '../contracts/report.ts';
import { fdtsWaiting } from '../contracts/search-attributes.ts';
import type { Answer } from './decisions.ts';
import { planCode } from './plan-code.ts';
import type { StepsById } from './procedure.ts';
import type { RunRecord } from './run-record.ts';

/** What a gate of a procedure asks. */
export interface GateRequest {
  readonly question: string;
  readonly plan: readonly ReportSection[];
  readonly timeoutSeconds: number;
  /** Why the gate opens again: then only an approval with the new plan code counts. */
  readonly reopenedBecause?: string;
  /** What may make the plan another one while the gate waits. */
  readonly watch?: GateWatch;
}

/** Sees whether a plan still holds. */
export interface GateWatch {
  /** Looks once; why the gate has to open again, or null. */
  readonly look: () => Promise<string | null>;
  /** The plan with what was seen. */
  readonly plan: () => readonly ReportSection[];
}

/** The question as it is put to a person. */
export function questionOf(step: string, { question, plan, reopenedBecause }: GateRequest) {
  const gate = { step, plan, answers: ['approve', 'abort'] } as const;
  return reopenedBecause === undefined
    ? { ...gate, question }
    : { ...gate, question: `${reopenedBecause}. ${question}`, needsPlanCode: true as const };
}

/** Opens a gate and waits for its answer; null when nobody gave one in time, or until `isOvertaken` came true. */
export async function askPerson(
  run: RunRecord<StepsById>,
  question: Omit<OpenGate, 'planCode' | 'until'>,
  seconds: number,
  isOvertaken: () => boolean = () => false,
): Promise<Answer | null> {
  const { procedure, decisions, host } = run;
  const gate: OpenGate = {
    ...question,
    planCode: planCode({ procedure: procedure.type, host: host?.name ?? null, ...question }),
    until: Date.now() + seconds * 1000,
  };
  decisions.openGate(gate);
  upsertSearchAttributes([{ key: fdtsWaiting, value: true }]);
  run.show();
  try {
    await run.tell({
      key: `gate-${gate.step}-${gate.planCode}`,
      subject: `a decision is needed: ${procedure.title}`,
      text: `${gate.question} Run ${workflowInfo().workflowId}; until ${new Date(gate.until).toISOString()}; answers: ${gate.answers.join(', ')}.`,
    });
    // Telling people may take a while: the gate still closes at the time that it shows.
    const isOver = (): boolean => decisions.given !== null || isOvertaken();
    const answered = await condition(isOver, Math.max(1, gate.until - Date.now()), {
      summary: `waits for a person: ${question.step}`,
    });
    if (!answered) decisions.expired(question.step, Date.now());
    return answered ? decisions.given : null;
  } finally {
    decisions.closeGate();
    upsertSearchAttributes([{ key: fdtsWaiting, value: false }]);
    run.show();
  }
}
