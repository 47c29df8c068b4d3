import { tellOperators } from '../engine/tell-operators.ts';
import type { Told } from './watch-messages.ts';

/** Tells people what a watch has to say, beside its looks: nobody who cannot be reached holds up any of them. */
export class Teller {
  private readonly host: string;
  private underWay = 0;

  constructor(host: string) {
    this.host = host;
  }

  /** Best effort; what could not be told stands in the checklist all the same. */
  tell(told: Told): void {
    this.underWay += 1;
    void tellOperators(this.host, told).finally(() => {
      this.underWay -= 1;
    });
  }

  /** Something is still to be told, and would be lost with the execution. */
  get isTelling(): boolean {
    return this.underWay > 0;
  }
}
