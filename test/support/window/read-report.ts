import type { WindowEnd } from './window-run.ts';

/** The checks of the report by their names, each as `pass: what was measured`; of one that was made again, the last. */
export function checksOf({ report }: WindowEnd): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (report?.checks ?? []).map(({ name, status, got }) => [name, `${status}: ${got}`]),
  );
}

/** What the report says under a title; empty when it has none of it. */
export function linesOf({ report }: WindowEnd, title: string): string {
  return report?.sections.find((section) => section.title === title)?.lines.join('\n') ?? '';
}
