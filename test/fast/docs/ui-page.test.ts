import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkoutRoot } from '../../../setup/instance.ts';
import { OUTCOME_MEANING } from '../../../workflows/contracts/outcome.ts';
import { CONTROL_TASK_QUEUE } from '../../../workflows/contracts/task-queues.ts';
import { procedures } from '../../../workflows/procedures/index.ts';

const uiPage = readFileSync(join(checkoutRoot, 'docs', 'ui.md'), 'utf8');
const readme = readFileSync(join(checkoutRoot, 'README.md'), 'utf8');

describe('what people read before they use the Temporal UI', () => {
  test.each(procedures.map(({ type }) => type))('README and docs/ui.md name the type %s', (type) => {
    expect(readme).toContain(`\`${type}\``);
    expect(uiPage).toContain(`\`${type}\``);
  });

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
