import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenGate, Progress } from '../../../workflows/contracts/report.ts';
import type { StepRecord, StepStatus } from '../../../workflows/contracts/step.ts';
import { checklistMarkdown } from '../../../workflows/engine/checklist.ts';
import { procedures } from '../../../workflows/procedures/index.ts';

const statuses = [
  'pending',
  'running',
  'waiting',
  'done',
  'failed',
  'skipped',
  'undoing',
  'undone',
  'undo-failed',
] as const satisfies StepStatus[];

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.nat(3000).map((length) => '↩️ długi tekst\n'.repeat(length / 10)),
);

const step = fc.record({
  id: fc.string(),
  kind: fc.constantFrom('check', 'change', 'gate'),
  title: text,
  status: fc.constantFrom(...statuses),
  startedAt: fc.nat(),
  attempts: fc.nat(9),
  note: text,
} satisfies { [Key in keyof StepRecord]?: fc.Arbitrary<StepRecord[Key]> });

const gate: fc.Arbitrary<OpenGate> = fc.record({
  step: fc.string(),
  question: text,
  planCode: fc.constant('ABCD1234'),
  until: fc.nat(),
  plan: fc.array(fc.record({ title: text, lines: fc.array(text, { maxLength: 40 }) }), { maxLength: 12 }),
  answers: fc.constantFrom(['approve', 'abort'] as const, ['retry', 'skip'] as const),
});

const progress: fc.Arbitrary<Progress> = fc.record({
  procedure: fc.string(),
  title: text,
  host: fc.option(text),
  dryRun: fc.boolean(),
  startedAt: fc.nat(),
  steps: fc.array(step, { maxLength: 60 }),
  gate: fc.option(gate),
  absence: fc.option(fc.record({ host: text, since: fc.nat() })),
  outcome: fc.constantFrom(null, 'completed', 'needs-operator'),
  because: fc.option(text),
});

const bytes = (markdown: string) => new TextEncoder().encode(markdown).length;

it('is under 3 KB whatever titles, notes and plans say, and always says how to answer an open gate', () => {
  fc.assert(
    fc.property(progress, (shown) => {
      const markdown = checklistMarkdown(shown, Date.now());
      expect(bytes(markdown)).toBeLessThan(3000);
      // No character was cut in two: half of one would not survive the way to the server.
      expect(new TextDecoder().decode(new TextEncoder().encode(markdown))).toBe(markdown);
      if (shown.gate !== null) {
        for (const answer of shown.gate.answers) expect(markdown).toContain(`\`${answer}\``);
        expect(markdown).toContain(shown.gate.planCode);
      }
      if (shown.outcome !== null) expect(markdown).toContain(`Outcome: ${shown.outcome}`);
    }),
    { numRuns: 300 },
  );
});

it('of a dry run shows a change as one that was only listed', () => {
  const markdown = checklistMarkdown(
    {
      procedure: 'plannedMaintenance',
      title: 'Planned maintenance window',
      host: 'web-1',
      dryRun: true,
      startedAt: 0,
      steps: [
        { id: 'look', kind: 'check', title: 'Look', status: 'done' },
        {
          id: 'stop',
          kind: 'change',
          title: 'Stop',
          status: 'done',
          commands: ['docker stop a', 'docker stop b'],
        },
      ],
      gate: null,
      absence: null,
      outcome: null,
      because: null,
    },
    0,
  );
  expect(markdown).toContain('- ✅ Look');
  expect(markdown).toContain('- 📝 Stop (only listed: 2 commands)');
});

it.each(procedures.map((procedure) => [procedure.type, procedure] as const))(
  'of %s shows every title while all its steps are pending, and when all are done',
  (_, { type, title, steps }) => {
    for (const status of ['pending', 'done'] as const) {
      const records = Object.entries(steps).map(([id, { kind, title: step }]) => ({
        id,
        kind,
        title: step,
        status,
      }));
      const markdown = checklistMarkdown(
        {
          procedure: type,
          title,
          host: 'web-1',
          dryRun: false,
          startedAt: 0,
          steps: records,
          gate: null,
          absence: null,
          outcome: null,
          because: null,
        },
        0,
      );
      for (const record of records) expect(markdown).toContain(record.title);
    }
  },
);

describe('an open gate', () => {
  const until = Date.parse('2026-07-05T00:35:00Z');
  const waiting = (lines: readonly string[], timezone?: string): string =>
    checklistMarkdown(
      {
        procedure: 'plannedMaintenance',
        title: 'Window',
        host: 'web-1',
        ...(timezone === undefined ? {} : { timezone }),
        dryRun: false,
        startedAt: 0,
        steps: [],
        absence: null,
        gate: {
          step: 'approve-plan',
          question: 'Go on?',
          planCode: 'ABCD1234',
          plan: [{ title: 'Packages', lines }],
          until,
          answers: ['approve', 'abort'],
        },
        outcome: null,
        because: null,
      },
      0,
    );

  it('says until when on the clock of the host, and in UTC', () => {
    expect(waiting([], 'Europe/Berlin')).toContain('until 2026-07-05 02:35 Europe/Berlin (00:35 UTC).');
    expect(waiting([], 'UTC')).toContain('until 2026-07-05 00:35 UTC.');
    expect(waiting([])).toContain('until 2026-07-05 00:35 UTC.');
  });

  it('says where the rest of a long plan is', () => {
    const packages = Array.from({ length: 40 }, (_, index) => `package-${index} 1 → 2`);
    const told = 'The whole plan: `fdts-ops watch RUN | cat`';
    expect(waiting(packages)).toContain(told);
    expect(waiting(packages.slice(0, 3))).not.toContain('The whole plan');
    // A single line that is cut may hide what matters.
    expect(waiting(['as it was, '.repeat(40)])).toContain(told);
  });
});
