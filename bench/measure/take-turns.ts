import { say } from '../../setup/say.ts';

/** One way to do the work, and the figures of each time that it was done. */
export interface Way<Figure extends string> {
  readonly name: string;
  readonly work: () => Promise<Readonly<Record<Figure, number>>>;
  readonly figures: Readonly<Record<Figure, number>>[];
}

/** A way that was not taken yet. */
export function way<Figure extends string>(name: string, work: Way<Figure>['work']): Way<Figure> {
  return { name, work, figures: [] };
}

/** Takes each way in turn (A B A B), `times` each. Every figure is said as it comes. */
export async function takeTurns(times: number, ways: readonly Way<string>[]): Promise<void> {
  for (let round = 1; round <= times; round += 1) {
    for (const { name, work, figures } of ways) {
      const taken = await work();
      figures.push(taken);
      const shown = Object.entries(taken).map(([what, figure]) => `${what} ${figure.toFixed(2)}`);
      say(`  ${name}, ${round} of ${times}: ${shown.join(', ')}`);
    }
  }
}

/** One of the figures, of every time. */
export function each<Figure extends string>({ figures }: Way<Figure>, figure: Figure): number[] {
  return figures.map((taken) => taken[figure]);
}
