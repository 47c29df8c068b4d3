import { readdirSync, readFileSync } from 'node:fs';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { procedures } from '../../workflows/procedures/index.ts';
import { historyFrom } from '../support/history-text.ts';
import { withSignalAfterTimer } from '../support/late-signal.ts';
import { bundleWorkflows } from '../support/workflow-bundle.ts';

const folder = new URL('../histories/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  workflowBundle = await bundleWorkflows();
});

const textOf = (name: string) => readFileSync(new URL(name, folder), 'utf8');

async function replay(text: string): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle }, historyFrom(text));
}

describe('a run that began on an earlier version goes on with this one', () => {
  it.each(names)('%s', async (name) => {
    await replay(textOf(name));
  });
});

it('every procedure has a saved history', () => {
  const saved = new Set(names.map((name) => name.split('.')[0]));
  expect(procedures.map(({ type }) => type).filter((type) => !saved.has(type))).toEqual([]);
});

const completed = () => textOf('plannedMaintenance.completed.json');

describe('a change that runs under way cannot bear is noticed', () => {
  it('when a step calls something else', async () => {
    await expect(replay(completed().replaceAll('"settleDatabase"', '"settleEverything"'))).rejects.toThrow(
      DeterminismViolationError,
    );
  });

  it('when two steps change places', async () => {
    const swapped = completed()
      .replaceAll('"blockStart"', '"BLOCK"')
      .replaceAll('"stopServices"', '"blockStart"')
      .replaceAll('"BLOCK"', '"stopServices"');
    await expect(replay(swapped)).rejects.toThrow(DeterminismViolationError);
  });
});

it('an approval that a worker hears of together with the end of the gate does not count', async () => {
  await replay(withSignalAfterTimer(textOf('plannedMaintenance.expired.json'), 'approve'));
});
