import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { Figure } from '../../workflows/contracts/figures.ts';
import type { FiguresOfRun } from '../adapters/figure-store.ts';
import { ANSWERS } from '../survey/answers.ts';
import { megabytes, milliseconds, percentile } from './percentile.ts';

/** When a figure counts as worse than before; see `performance` in the configuration. */
export interface WorseRule {
  readonly worseFactor: number;
  readonly noiseMilliseconds: number;
  readonly growthPercent: number;
}

/** Compares what a run measured with the runs before it, newest first. Times with their median, sizes with the last one. */
export function compareFigures(
  figures: readonly Figure[],
  before: readonly FiguresOfRun[],
  rule: WorseRule,
): { readonly check: CheckResult; readonly lines: readonly string[] } {
  const compared = figures.map((figure) => ({ figure, usual: usualOf(figure, before) }));
  const worse = compared.filter(({ figure, usual }) => usual !== null && isWorse(figure, usual, rule));
  const name = 'not worse than before';
  const expected = `times at most ${rule.worseFactor} times the median of the last ${before.length} runs; size at most ${rule.growthPercent} % more than at the last one`;
  const lines = compared.map(({ figure, usual }) => `${figure.name}: ${told(figure, usual)}`);
  if (before.length === 0)
    return { lines, check: { name, status: 'skipped', expected, got: 'this is the first run on this host' } };
  return {
    lines,
    check: {
      name,
      status: worse.length === 0 ? 'pass' : 'fail',
      expected,
      got:
        worse.length === 0
          ? `${figures.length} figures, none worse`
          : worse.map(({ figure, usual }) => `${figure.name} ${told(figure, usual)}`).join('; '),
      answer: ANSWERS.slowResponse,
    },
  };
}

/**
 * Compares response times with those that the same run measured before its change. The medians count: of few requests
 * one slow one moves a p95.
 */
export function compareWithBefore(
  after: readonly Figure[],
  before: readonly Figure[],
  rule: WorseRule,
): { readonly check: CheckResult; readonly lines: readonly string[] } {
  const medians = before.filter(({ name }) => name.startsWith('p50 '));
  const check = {
    name: 'response time compared with before',
    expected: `medians at most ${rule.worseFactor} times those of before, or ${rule.noiseMilliseconds} ms more`,
    answer: ANSWERS.slowResponse,
  };
  const pairs = medians.map((was) => ({ was, is: after.find(({ name }) => name === was.name) ?? null }));
  const lines = pairs.map(({ was, is }) => `${was.name}: ${is === null ? 'no answer' : told(is, was.value)}`);
  if (medians.length === 0) return { lines, check: { ...check, status: 'not proven', got: NOT_MEASURED } };
  const isWorseNow = pairs.some(({ was, is }) => is === null || isWorse(is, was.value, rule));
  return { lines, check: { ...check, status: isWorseNow ? 'fail' : 'pass', got: lines.join('; ') } };
}

const NOT_MEASURED = 'it was not measured before';

function usualOf({ name, unit }: Figure, before: readonly FiguresOfRun[]): number | null {
  const values = before.flatMap(({ figures }) =>
    figures.filter((figure) => figure.name === name).map(({ value }) => value),
  );
  if (values.length === 0) return null;
  return unit === 'bytes' ? (values[0] ?? null) : percentile(values, 50);
}

function isWorse({ value, unit }: Figure, usual: number, rule: WorseRule): boolean {
  if (unit === 'bytes') return value > usual * (1 + rule.growthPercent / 100);
  return value > usual * rule.worseFactor && value - usual > rule.noiseMilliseconds;
}

function told({ value, unit }: Figure, usual: number | null): string {
  if (unit === 'bytes')
    return usual === null ? megabytes(value) : `${megabytes(value)}, ${growth(value, usual)}`;
  return usual === null ? milliseconds(value) : `${milliseconds(value)} (${milliseconds(usual)} before)`;
}

function growth(value: number, usual: number): string {
  const percent = usual === 0 ? 0 : ((value - usual) / usual) * 100;
  return `${percent < 0 ? '' : '+'}${percent.toFixed(1)} % since the last check`;
}
