import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { ensureChromium } from '../../setup/chromium.ts';
import { checkoutRoot } from '../../setup/instance.ts';

// Kept as test output.
const pictureFolder = join(checkoutRoot, 'test-output', 'ui');

/** The Temporal UI in a browser, used as an operator uses it. */
export interface TemporalUi {
  /** Fills in the start form with nothing but these three, and sends it. */
  startWorkflow(run: { id: string; queue: string; type: string }): Promise<void>;
  /** Finds the run in the list and opens its page. */
  openRun(id: string): Promise<void>;
  /** The text of the live checklist (tab Metadata), as it is now. */
  readChecklist(): Promise<string>;
  /** Sends a signal from the dialog, without any input. */
  sendSignal(name: RegExp): Promise<void>;
  /** Presses "Request Cancellation" and confirms. */
  requestCancellation(): Promise<void>;
  /** The status that the page shows, such as `Running`. */
  readStatus(): Promise<string>;
  /** Keeps a picture of the page, or of the checklist alone, under `test-output/ui/NAME.png`. */
  keepPicture(name: string, what?: 'page' | 'checklist'): Promise<string>;
  close(): Promise<void>;
}

const status = /^\s*(Running|Completed|Failed|Canceled|Terminated|Timed Out)\s*$/;

/** Opens Chromium on the UI at this address. */
export async function openTemporalUi(uiUrl: string, namespace: string): Promise<TemporalUi> {
  mkdirSync(pictureFolder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: await ensureChromium(),
    args: ['--no-sandbox'],
    headless: true,
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 1100 }, deviceScaleFactor: 1.5 });
  page.setDefaultTimeout(30_000);
  return describeUi(browser, page, `${uiUrl}/namespaces/${namespace}/workflows`);
}

function describeUi(browser: Browser, page: Page, workflows: string): TemporalUi {
  return {
    startWorkflow: async ({ id, queue, type }) => {
      await page.goto(`${workflows}/start-workflow`);
      await page.locator('#workflowId').fill(id);
      await page.locator('#taskQueue').fill(queue);
      await page.locator('#workflowType').fill(type);
      await keepPage(page, 'start-form');
      await page.getByTestId('start-workflow-button').click();
      await page
        .getByText(/started/i)
        .first()
        .waitFor();
    },
    openRun: async (id) => {
      await page.goto(`${workflows}?query=${encodeURIComponent(`WorkflowId="${id}"`)}`);
      await page.getByRole('link', { name: id }).first().click();
      await page.locator('#user-metadata-tab').click();
    },
    readChecklist: async () => {
      await page.reload();
      // A run's page that is still finding its run goes back to the history once: the tab is asked for each time.
      await page.locator('#user-metadata-tab').click();
      return checklist(page).innerText({ timeout: 5_000 });
    },
    sendSignal: (name) => sendSignal(page, name),
    requestCancellation: () => requestCancellation(page),
    readStatus: async () => (await page.locator('span', { hasText: status }).first().innerText()).trim(),
    keepPicture: (name, what = 'page') =>
      what === 'page' ? keepPage(page, name) : keepChecklist(page, name),
    close: () => browser.close(),
  };
}

/** The current details are drawn in a frame of their own, below those that were given at the start. */
function checklist(page: Page): Locator {
  return page.frameLocator('iframe').last().locator('body');
}

async function sendSignal(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send a Signal' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send a Signal' });
  await dialog.getByTestId('signal-select-button').click();
  await dialog.getByRole('option', { name }).click();
  await keepPage(page, 'signal-dialog');
  await dialog.getByTestId('confirm-modal-button').click();
  await dialog.waitFor({ state: 'hidden' });
}

async function requestCancellation(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Request Cancellation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel Workflow' });
  await dialog.getByTestId('confirm-modal-button').click();
  await dialog.waitFor({ state: 'hidden' });
}

async function keepPage(page: Page, name: string): Promise<string> {
  const path = join(pictureFolder, `${name}.png`);
  await page.screenshot({ path });
  return path;
}

/** The frame has a height of its own and scrolls: it is made as high as its content, on a page with room for it. */
async function keepChecklist(page: Page, name: string): Promise<string> {
  const path = join(pictureFolder, `${name}.png`);
  const frame = page.locator('iframe').last();
  const height = await checklist(page).evaluate((body) => {
    const bottoms = [...body.querySelectorAll('*')].map((part) => part.getBoundingClientRect().bottom);
    return Math.ceil(Math.max(...bottoms)) + 24;
  });
  const before = page.viewportSize() ?? { width: 1280, height: 1100 };
  await page.setViewportSize({ ...before, height: height + 800 });
  await frame.evaluate((element, pixels) => element.setAttribute('height', `${pixels}px`), height);
  await frame.screenshot({ path });
  await page.setViewportSize(before);
  return path;
}
