import { judgeRow } from './judge-row.ts';
import { type PartName, type PartResult, partNames } from './part-result.ts';
import { partSection } from './part-table.ts';

/** docs/benchmarks.md, or the parts that have no figures yet: the page is whole or not written. */
export function benchmarksPage(results: readonly PartResult[]): { page: string } | { missing: PartName[] } {
  const byName = new Map(results.map((result) => [result.part, result]));
  const missing = partNames.filter((name) => !byName.has(name));
  if (missing.length > 0) return { missing };
  const inOrder = partNames.flatMap((name) => byName.get(name) ?? []);
  const newest = inOrder.reduce((one, other) => (one.measuredAt > other.measuredAt ? one : other));
  return {
    page: [
      '<!-- Written by `npm run bench`: edit bench/, not this page. -->',
      '',
      '# Benchmarks',
      '',
      introduction,
      '',
      verdictLine(inOrder),
      '',
      ...inOrder.map(partSection),
      '## The machine',
      '',
      ...newest.machine.map(({ what, is }) => `- ${what}: ${is}`),
      '',
    ].join('\n'),
  };
}

const introduction = `The other way is the paper runbook, its commands typed by the scripts in \`bench/paper/\`: on the same sandbox host with the
same images and data for windows and restores; in the site's own image, on this machine's disk and the same data, for backup
and verification. The head of each script names the corrections that its commands need to run at all. Both ways take turns,
but for the backup beside a writer, where the runbook's way comes once and last. A figure is the median of its runs, then
the least and the highest, and how many. CPU seconds are those of all processes of a way. Seconds do not carry over to other
machines, and ratios only as far as the work is the same. What else runs on the machine disturbs the wall clock more than the
CPU seconds and the least figures. CI does not run this: \`npm run bench\` does, and \`npm run bench -- window backup\` only
these parts.`;

function verdictLine(results: readonly PartResult[]): string {
  const verdicts = results.flatMap(({ rows }) => rows.map(judgeRow)).map(({ isMet }) => isMet);
  const missed = results.flatMap(({ title, rows }) =>
    rows.filter((row) => judgeRow(row).isMet === false).map(({ measure }) => `${title}, ${measure}`),
  );
  const met = verdicts.filter((isMet) => isMet === true).length;
  if (missed.length === 0) return `All ${met} targets were met.`;
  return `Of ${met + missed.length} targets ${missed.length} were **missed**: ${missed.join('; ')}.`;
}
