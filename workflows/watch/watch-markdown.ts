import type { WatchedOutage, WatchLook, WatchRules, WatchState } from '../contracts/watch.ts';
import { clip } from '../engine/clip.ts';
import { startedStill } from './block.ts';

const MOST_LINES = 12;

/** What a look has found, in a sentence. Pure. */
export function toldOfLook({ muted, signals, unmeasured = [] }: WatchLook): string {
  if (muted !== null) return `Nothing is answered now: ${muted}`;
  const wrong = signals.filter(({ wrongSeconds }) => wrongSeconds > 0);
  const found = [
    ...wrong.map(({ name, got, expected }) => `${name}: ${got}, expected ${expected}`),
    ...unmeasured.map(({ name, because }) => `${name}: could not be measured, ${because}`),
  ];
  return found.length === 0 ? 'All is well.' : found.join('; ');
}

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
          `**✋ The watch starts ${startedStill(state)} any more**: ${clip(state.blocked, 300)}. Look at it, then *More Actions → Send a Signal* → \`clear\`, no input needed.`,
        ]),
    ...(state.outage == null ? [] : ['', outageLine(state.outage)]),
    ...(incidents.length === 0 ? [] : ['']),
    ...incidents.map(
      ([name, { wrongSeconds, got, run }]) =>
        `- ${clip(name, 80)}: ${clip(got, 120)}, for ${Math.round(wrongSeconds)} s; ${run === null ? 'no answer yet' : `answered by ${clip(run, 120)}`}`,
    ),
    '',
    `Answers in the last ${Math.round(rules.withinSeconds / 3600)} h: ${state.startedAt.length} of at most ${rules.mostAnswers}; ${state.refused?.length ?? 0} more were refused.`,
  ].join('\n');
}

function outageLine({ got, wrongSeconds, asked }: WatchedOutage): string {
  const told = asked === null ? '' : `; ${clip(asked, 120)} was asked to abort`;
  return `FDTS is down for ${Math.round(wrongSeconds)} s while a run has the host: ${clip(got, 120)}${told}`;
}
