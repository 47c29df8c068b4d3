import type { WatchRules, WatchState } from '../contracts/watch.ts';
import { clip } from '../engine/clip.ts';

const MOST_LINES = 12;

/** What the UI shows of a watch. Pure. */
export function watchMarkdown(rules: WatchRules, state: WatchState, told: string): string {
  const incidents = Object.entries(state.incidents).slice(0, MOST_LINES);
  return [
    `### Watch of ${clip(rules.host, 80)}`,
    clip(told, 600),
    ...(state.blocked === null
      ? []
      : [
          '',
          `**✋ Nothing is started any more**: ${clip(state.blocked, 300)}. Look at it, then *More Actions → Send a Signal* → \`clear\`, no input needed.`,
        ]),
    ...(incidents.length === 0 ? [] : ['']),
    ...incidents.map(
      ([name, { wrongSeconds, got, run }]) =>
        `- ${clip(name, 80)}: ${clip(got, 120)}, for ${Math.round(wrongSeconds)} s; ${run === null ? 'no answer yet' : `answered by ${clip(run, 120)}`}`,
    ),
    '',
    `Answers in the last ${Math.round(rules.withinSeconds / 3600)} h: ${state.startedAt.length} of at most ${rules.mostAnswers}.`,
  ].join('\n');
}
