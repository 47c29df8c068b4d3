import type { UndoCall } from '../contracts/calls.ts';
import type { Containment } from '../contracts/containment.ts';
import { RunEnds } from './failure.ts';
import type { ChangeOptions } from './ticket.ts';

/** An undo, and the step that it takes back. */
export interface RegisteredUndo {
  readonly step: string;
  readonly undo: UndoCall;
  /** It takes nothing back: it makes sure of the safe state. */
  readonly keeps?: true;
}

/** Where a run goes when it ends in the middle: back through its undos, or into the safe state that it has reached. */
export class WayBack {
  readonly undos: RegisteredUndo[] = [];
  private containment: Containment | null = null;
  private approvedSince = false;
  private usersAreIn = false;

  /** The safe state that only an approval leaves; null before it is reached and after it was left. */
  get safeState(): Containment | null {
    return this.containment;
  }

  /** Users were let in, and nothing takes that back: what was before does not serve again, however the run ends. */
  get isForGood(): boolean {
    return this.usersAreIn && this.undos.length === 0 && this.containment === null;
  }

  /** A follow-up run begins in the safe state that an earlier run has left the host in. */
  takeOver(containment: Containment): void {
    this.containment = containment;
    this.approvedSince = false;
  }

  /** A person has approved at a gate. */
  approved(): void {
    this.approvedSince = true;
  }

  /**
   * Registers how a change is taken back, before it is made.
   * @throws RunEnds `contained`: a cut-over out of the safe state that nobody approved.
   */
  register(step: string, { undo, finish, contains }: ChangeOptions): void {
    if (finish !== undefined) {
      if (this.containment !== null && !this.approvedSince)
        throw new RunEnds('contained', `"${step}" would leave the safe state, and nobody has approved that`);
      this.containment = null;
      this.undos.length = 0;
      this.usersAreIn = true;
    }
    if (contains !== undefined) {
      this.undos.length = 0;
      this.undos.push({ step, undo: contains.keep, keeps: true });
      this.containment = contains;
      this.approvedSince = false;
    }
    if (undo !== undefined) this.undos.push({ step, undo });
  }
}
