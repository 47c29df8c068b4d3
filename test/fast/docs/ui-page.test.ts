import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';
import { OUTCOME_MEANING } from '../../../workflows/contracts/outcome.ts';
import { CONTROL_TASK_QUEUE } from '../../../workflows/contracts/task-queues.ts';
import { procedures } from '../../../workflows/procedures/index.ts';

const uiPage = readFileSync(join(checkoutRoot, 'docs', 'ui.md'), 'utf8');
const runbook = readFileSync(join(checkoutRoot, 'docs', 'runbook.md'), 'utf8');
const readme = readFileSync(join(checkoutRoot, 'README.md'), 'utf8');

describe('what people read before they use the Temporal UI', () => {
  const types = procedures.map(({ type }) => type);

  test.each(types)('docs/ui.md, and docs/runbook.md for the README, name the type %s', (type) => {
    for (const page of [uiPage, runbook]) expect(page).toContain(`\`${type}\``);
  });

  test('README names a few types that there are, and the page that has all of them', () => {
    const cell = /^\| Workflow Type +\| (.+) \|$/m.exec(readme)?.[1] ?? '';
    const named = [...cell.matchAll(/`(\w+)`/g)].map(([, type]) => type);
    expect(named.length).toBeGreaterThan(1);
    expect(types).toEqual(expect.arrayContaining(named));
    expect(cell).toContain('(docs/runbook.md)');
  });

  test.each(['Terminate', '`abort`', '`needs-operator`', '`sudo fdts-ops recover`', '_Current Details_'])(
    'README alone says what to do when something is wrong: %s',
    (words) => {
      expect(/^## If something is wrong\n([^]*?)^## /m.exec(readme)?.[1]).toContain(words);
    },
  );

  test('README and docs/ui.md name the task queue', () => {
    for (const page of [readme, uiPage]) expect(page).toContain(`\`${CONTROL_TASK_QUEUE}\``);
  });

  test.each(Object.keys(OUTCOME_MEANING))('docs/ui.md says what the outcome %s means', (outcome) => {
    expect(uiPage).toMatch(new RegExp(`^\\| \`${outcome}\` \\| (Completed|Failed) \\| .{20,} \\|$`, 'm'));
  });

  test('every link of docs/ui.md opens the query that stands beside it', () => {
    const rows = [...uiPage.matchAll(/\?query=(.+)\) \| `(.+)` \|$/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(5);
    for (const [, link = '', query] of rows) expect(decodeURIComponent(link)).toBe(query);
  });
});
