import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { checkoutRoot } from '../../setup/instance.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { openTemporalUi, type TemporalUi } from '../support/temporal-ui.ts';
import { expectHostFree } from '../support/window/host-state.ts';

let here: TestEnvironment;
let ui: TemporalUi;

beforeAll(async () => {
  here = await environment();
  const { uiUrl, namespace } = here.server;
  if (uiUrl === undefined) throw new Error('the Temporal server of the tests has no UI');
  ui = await openTemporalUi(uiUrl, namespace);
}, 300_000);

beforeEach(() => here.host.resetFdts(), 120_000);
afterAll(() => ui?.close());

test('an operator starts the window with id, queue and type alone, reads the checklist, approves by signal and sees it complete', async () => {
  const id = `window-of-${process.pid}`;
  lookWhenFailed(id);
  await releaseVersion(here.host, { version: '1.1.0' });
  await ui.startWorkflow({ id, queue: 'fdts-ops', type: 'plannedMaintenance' });
  await ui.openRun(id);
  const atTheGate = await checklistWith('Waits for a person until');
  await ui.keepPicture('checklist-at-the-gate');
  expect(await ui.readStatus()).toBe('Running');
  // Beside a long plan the steps that are done are counted only.
  expect(atTheGate).toMatch(/✅ (Check the host and the app · [\d.]+ s|\d+ steps done)/);
  expect(atTheGate).toMatch(/✋ A person approves the plan \(waiting\)/);
  // The plan goes before the steps that come later.
  expect(atTheGate).toMatch(/▫️ (Stop the services \(users are shut out\)|\d+ steps later)/u);
  expect(atTheGate).toMatch(/Packages: fdts-sysinfo 1\.0 → 1\.1/);
  expect(atTheGate).toMatch(/Send a Signal.*approve or abort/);
  expect((await createFdtsClient(here.host.httpUrl).health()).version).toBe('1.0.0');

  await ui.sendSignal(/^approve/);
  const inTheMiddle = await checklistWith(/✅ A person approves the plan[\s\S]*▶️/u);
  await ui.keepPicture('checklist-in-the-middle');
  expect(inTheMiddle).not.toContain('Waits for a person');

  const completed = await checklistWith('Outcome: completed');
  await ui.keepPicture('completed');
  keepForReadme(await ui.keepPicture('checklist', 'checklist'));
  expect(completed).toMatch(/✅ Let users in \(point of no return\) · [\d.]+ s/);
  await expect.poll(() => ui.readStatus(), { timeout: 30_000 }).toBe('Completed');
  expect((await createFdtsClient(here.host.httpUrl).health()).version).toBe('1.1.0');
  const report: RunReport = await here.client.workflow.getHandle(id).result();
  expect(report.decisions).toMatchObject([
    { what: 'approve', gate: 'approve-plan', by: 'not said', identity: 'none' },
  ]);
});

test('an operator who cancels the run while users are shut out sees everything taken back', async () => {
  const id = `cancelled-of-${process.pid}`;
  lookWhenFailed(id);
  // It never gets healthy: the run stays in the step that starts it, however long the page takes to load.
  await releaseVersion(here.host, { version: '1.1.0', broken: 'never-healthy' });
  await ui.startWorkflow({ id, queue: 'fdts-ops', type: 'plannedMaintenance' });
  await ui.openRun(id);
  await checklistWith('Waits for a person until');
  await ui.sendSignal(/^approve/);
  await checklistWith(/▶️ Start the new version/u);
  await ui.requestCancellation();
  await checklistWith('Outcome: aborted');
  await ui.keepPicture('cancelled');
  await expect.poll(() => ui.readStatus(), { timeout: 30_000 }).toBe('Canceled');
  expect((await createFdtsClient(here.host.httpUrl).health()).version).toBe('1.0.0');
  await expectHostFree(here.host);
});

/** A picture of what was there; and a window that was left at its gate would keep the host from the other tests. */
function lookWhenFailed(id: string): void {
  onTestFailed(async () => {
    await ui.keepPicture('failed');
    const run = here.client.workflow.getHandle(id);
    await run.cancel().catch(() => undefined);
    await run.result().catch(() => undefined);
  });
}

/** The checklist once it shows this, as an operator sees it who loads the page anew. */
async function checklistWith(expected: string | RegExp): Promise<string> {
  let shown = '';
  await expect
    .poll(
      async () => {
        shown = await ui.readChecklist();
        return shown;
      },
      { timeout: 180_000, interval: 300 },
    )
    .toMatch(expected);
  return shown;
}

/** With FDTS_OPS_KEEP_PICTURE=1 the README's picture is replaced by the one of this run. */
function keepForReadme(picture: string): void {
  if (process.env['FDTS_OPS_KEEP_PICTURE'] !== '1') return;
  const folder = join(checkoutRoot, 'docs', 'images');
  mkdirSync(folder, { recursive: true });
  copyFileSync(picture, join(folder, 'checklist.png'));
}
