import { judgeRow } from './judge-row.ts';
import type { PartResult, Row } from './part-result.ts';
import { spreadOf } from './statistics.ts';

/** A part as a section of the page: table, what was done, remarks. */
export function partSection(result: PartResult): string {
  const { title, about, otherWay, rows, notes, measuredAt, loadAverage, seconds, commit } = result;
  const header = ['Measure', otherWay, 'fdts-ops', 'Ratio of medians (of the least)', 'Target'];
  const table = [header, header.map(() => '---'), ...rows.map(cells)].map(
    (line) => `| ${line.join(' | ')} |`,
  );
  const when = `Measured ${measuredAt} at commit ${commit}, in ${Math.round(seconds)} s; load average before it ${loadAverage.toFixed(1)}.`;
  return [`## ${title}`, '', ...table, '', ...[...about, ...notes, when].map((line) => `- ${line}`), ''].join(
    '\n',
  );
}

function cells(row: Row): string[] {
  const { ratio, leastRatio } = judgeRow(row);
  return [
    `${row.measure} (${row.unit})`,
    row.otherStoppedAfter === undefined
      ? describe(row.other)
      : `not done: stopped after ${round(row.otherStoppedAfter)} s`,
    describe(row.ours),
    ratio === undefined || leastRatio === undefined ? '' : `${asPart(ratio)} (${asPart(leastRatio)})`,
    verdictText(row),
  ];
}

/** `12.3 (11.9–14.0, n = 3)`: the median, the ends, how many. */
function describe(figures: readonly number[]): string {
  const spread = spreadOf(figures);
  if (spread === undefined) return '';
  const { median, least, most, count } = spread;
  return `${round(median)} (${round(least)}–${round(most)}, n = ${count})`;
}

function verdictText(row: Row): string {
  const { ratio, isMet } = judgeRow(row);
  if (row.target === undefined) return '';
  const end = isMet === undefined ? 'not measured' : isMet ? 'met' : 'missed';
  if ('below' in row.target) return `below ${round(row.target.below)} ${row.unit}: ${end}`;
  const measured = ratio === undefined ? '' : `measured ${asPart(ratio)}: `;
  return `at most 1/${row.target.atMostOnePart}, ${measured}${end}`;
}

/** Other way divided by ours as a fraction: 1/8.2; when ours is the slower one, 1.5 times. */
function asPart(ratio: number): string {
  return ratio >= 1 ? `1/${round(ratio)}` : `${round(1 / ratio)} times`;
}

function round(figure: number): string {
  if (figure >= 100) return figure.toFixed(0);
  return figure.toFixed(figure >= 10 ? 1 : 2);
}
