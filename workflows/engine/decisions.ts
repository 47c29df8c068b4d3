import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { Decision, OpenGate } from '../contracts/report.ts';
import { type DecisionMessage, NOT_COUNTED } from '../messages.ts';
import { clip } from './clip.ts';
import { DECISION_HANDLERS } from './decision-handlers.ts';
import { readMessage } from './decision-message.ts';

export type Answer = 'approve' | 'retry' | 'skip';

/** What a message is told: whether it counted, and what follows from it or why not. */
interface Reply {
  readonly counted: boolean;
  readonly says: string;
}

/** What people said to a run: holds the open gate and the abort, and answers every message in words. */
export class Decisions {
  readonly made: Decision[] = [];
  /** The safe state into which a stop leads from here; null when a stop takes everything back. */
  safeState: string | null = null;
  private open: OpenGate | null = null;
  private answer: Answer | null = null;
  private abortedBecause: string | null = null;
  private abortedAt: string | null = null;
  private tooLate: string | null = null;
  private pastReturn = false;
  private readonly unheard: string[] = [];
  private unheardBefore = 0;
  private readonly onAbort: () => void;
  private readonly onUnheard: () => void;

  /**
   * @param onAbort called once, when an abort counts.
   * @param onUnheard called for each message that changed nothing: whoever sent a signal sees only the checklist.
   */
  constructor(onAbort: () => void, onUnheard: () => void) {
    this.onAbort = onAbort;
    this.onUnheard = onUnheard;
    const handle = { approve: this.approve, abort: this.abort, retry: this.retry, skip: this.skip };
    for (const [kind, signal, update, description] of DECISION_HANDLERS) {
      setHandler(signal, (message) => void handle[kind](message), { description });
      setHandler(update, (message) => orFail(handle[kind](message)), { description });
    }
  }

  get gate(): OpenGate | null {
    const last = this.unheard.at(-1);
    if (this.open === null || last === undefined || this.unheard.length === this.unheardBefore)
      return this.open;
    return { ...this.open, unheard: last };
  }

  get given(): Answer | null {
    return this.answer;
  }

  get abortReason(): string | null {
    return this.abortedBecause;
  }

  /** The gate at which a person said no; null when none was open, and for a cancel. */
  get stoppedAt(): string | null {
    return this.abortedAt;
  }

  /** Whether users were let in again. */
  get isPastReturn(): boolean {
    return this.pastReturn;
  }

  /** Messages that changed nothing, each with the answer that it got; long lists are cut. */
  get ignored(): string[] {
    const more = this.unheard.length - MAX_IGNORED;
    return [...this.unheard.slice(0, MAX_IGNORED), ...(more > 0 ? [`and ${more} more`] : [])];
  }

  /** Opens a gate; an answer that came before counts for nothing. */
  openGate(gate: OpenGate): void {
    this.open = gate;
    this.answer = null;
    this.unheardBefore = this.unheard.length;
  }

  closeGate(): void {
    this.open = null;
  }

  /** The cut-over: from here an abort is answered "too late, because". */
  pointOfNoReturn(because: string): void {
    this.pastReturn = true;
    this.tooLate = because;
  }

  /** The run is ending by itself: an abort is answered "too late, because". */
  endsBecause(because: string): void {
    this.tooLate = because;
  }

  /** A cancel from the UI counts like an abort; false when it came too late. */
  cancelled(now: number): boolean {
    const message = { by: 'the Temporal UI or API' };
    if (this.tooLate !== null || this.abortedBecause !== null) {
      this.ignore(
        'cancel',
        message,
        this.tooLate === null ? ALREADY_STOPPING : `too late, because ${this.tooLate}`,
      );
      return false;
    }
    this.stop('cancel', message, 'the run was cancelled', now);
    return true;
  }

  /** A signal of a name that nobody knows, such as a misspelt one. */
  unknown(name: string): void {
    this.unheard.push(
      `${new Date().toISOString()} signal "${clip(name, 40)}": unknown, expected ${DECISION_HANDLERS.map(([kind]) => kind).join(', ')}`,
    );
    this.onUnheard();
  }

  expired(gate: string, now: number): void {
    this.made.push({ at: now, what: 'expired', gate, by: 'nobody', identity: 'none' });
  }

  private readonly approve = (message: unknown): Reply => this.give('approve', readMessage(message));
  private readonly retry = (message: unknown): Reply => this.give('retry', readMessage(message));
  private readonly skip = (message: unknown): Reply => this.give('skip', readMessage(message));

  private readonly abort = (raw: unknown): Reply => {
    const message = readMessage(raw);
    if (this.tooLate !== null) return this.ignore('abort', message, `too late, because ${this.tooLate}`);
    if (this.abortedBecause !== null) return this.ignore('abort', message, ALREADY_STOPPING);
    const because = `aborted by ${message.by ?? 'somebody'}: ${message.reason ?? 'no reason given'}`;
    this.stop('abort', message, because, Date.now());
    this.onAbort();
    const { safeState } = this;
    const then = safeState === null ? ' and takes back what it changed' : `; the host stays ${safeState}`;
    return { counted: true, says: `the run stops${then}` };
  };

  private give(answer: Answer, message: DecisionMessage): Reply {
    const gate = this.open;
    const refusal = this.whyNot(answer, message, gate);
    if (gate === null || refusal !== null) return this.ignore(answer, message, refusal ?? '');
    this.answer = answer;
    this.record(answer, message, Date.now());
    return { counted: true, says: `"${answer}" counts for "${gate.step}"` };
  }

  private whyNot(answer: Answer, message: DecisionMessage, gate: OpenGate | null): string | null {
    if (this.abortedBecause !== null) return ALREADY_STOPPING;
    if (gate === null || !gate.answers.includes(answer))
      return `nothing waits for "${answer}" now: this changes nothing`;
    // A worker that was away gets the end of the gate and a later answer at once, the answer first.
    if (Date.now() >= gate.until)
      return `"${gate.step}" waited until ${new Date(gate.until).toISOString()}: too late, this changes nothing`;
    if (this.answer !== null) return `already answered with "${this.answer}": this changes nothing`;
    if (message.gate !== undefined && message.gate !== gate.step) {
      return `the open gate is "${gate.step}", not "${message.gate}": this changes nothing`;
    }
    if (message.plan !== undefined ? message.plan !== gate.planCode : gate.needsPlanCode === true) {
      return `"${message.plan ?? 'no code'}" is not the plan that waits: read it, and answer with its code; this changes nothing`;
    }
    return null;
  }

  private stop(what: 'abort' | 'cancel', message: DecisionMessage, because: string, at: number): void {
    this.record(what, message, at);
    this.abortedAt = what === 'abort' ? (this.open?.step ?? null) : null;
    this.abortedBecause = because;
  }

  private ignore(what: Decision['what'], message: DecisionMessage, says: string): Reply {
    this.unheard.push(`${new Date().toISOString()} ${what} by ${message.by ?? 'not said'}: ${says}`);
    this.onUnheard();
    return { counted: false, says };
  }

  private record(what: Decision['what'], message: DecisionMessage, at: number): void {
    this.made.push({
      at,
      what,
      gate: this.open?.step ?? 'none open',
      by: message.by ?? 'not said',
      identity: message.by === undefined ? 'none' : 'self-declared',
      ...(message.reason === undefined ? {} : { reason: message.reason }),
    });
  }
}

// The UI shows a failed update in red: whoever sent it must not believe that it counted.
function orFail({ counted, says }: Reply): string {
  if (counted) return says;
  throw ApplicationFailure.nonRetryable(says, NOT_COUNTED);
}

const ALREADY_STOPPING = 'the run is already being stopped: this changes nothing';
/** Of messages that changed nothing, the report keeps this many. */
const MAX_IGNORED = 20;
