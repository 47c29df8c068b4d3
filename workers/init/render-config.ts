import { hostExamples } from '../../config/examples.ts';
import { hostSchema } from '../../config/host-schema.ts';
import { renderSample } from '../../config/sample.ts';
import { describeSchema } from '../../config/schema-tree.ts';
import type { SiteFacts, Suggestion } from './site-facts.ts';
import { suggestChecks } from './suggest-checks.ts';
import { suggestData } from './suggest-data.ts';
import { suggestProject } from './suggest-project.ts';

/** Everything that the first configuration says beside the defaults. Pure. */
export function suggestConfig(facts: SiteFacts): readonly Suggestion[] {
  return [...suggestProject(facts), ...suggestData(facts), ...suggestChecks(facts)];
}

const MARK = { found: 'Found: ', guess: 'Guess: ', 'to do': 'TO DO: ' } as const;

/** The configuration file: every key explained, and how each suggested value was found. Pure. */
export function renderConfig(suggestions: readonly Suggestion[], madeOn: string): string {
  return renderSample(
    [
      `fdts-ops: configuration of one host, made by fdts-ops init on ${madeOn}.`,
      'Lines marked "Found" say where a value was seen, "Guess" why it is likely, "TO DO" what a person has to put there.',
      'Keys without a mark are at their default. sudo fdts-ops doctor says whether the file fits this host.',
    ],
    describeSchema(hostSchema),
    hostExamples,
    {
      values: Object.fromEntries(suggestions.map(({ key, value }) => [key, value])),
      notes: Object.fromEntries(suggestions.map(({ key, how, text }) => [key, `${MARK[how]}${text}`])),
    },
  );
}
