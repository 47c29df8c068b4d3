import { expect, it } from 'vitest';
import type { Journal } from '../../../activities/adapters/journal/journal.ts';
import { confirmRecovery } from '../../../workers/confirm-recovery.ts';
import { journalSite, run, what } from './support/journal-site.ts';

function heldBy(journal: Journal) {
  const held = journal.openRun();
  if (held === null) throw new Error('expected a run that has the host');
  return held;
}

function person(answer: boolean | null) {
  const said: string[] = [];
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return answer === true;
  };
  return {
    said,
    asked,
    how: { say: (text: string) => void said.push(text), ask: answer === null ? null : ask },
  };
}

it('says that an open run may still be alive, and leaves it the host without a yes', async () => {
  const { journal } = journalSite();
  journal.takeHold(run, what);
  const unwilling = person(false);
  await expect(confirmRecovery(heldBy(journal), unwilling.how)).rejects.toMatchObject({
    code: 'NOT_CONFIRMED',
    exitCode: 2,
  });
  expect(unwilling.said).toEqual([
    'This run may still be alive: fdts-ops watch window shows it, fdts-ops abort window stops it in order. recover takes the host away from it.',
  ]);
  await confirmRecovery(heldBy(journal), person(true).how);
});

it('goes on after the warning when nobody can be asked', async () => {
  const { journal } = journalSite();
  journal.takeHold(run, what);
  const nobody = person(null);
  await confirmRecovery(heldBy(journal), nobody.how);
  expect(nobody.said).toHaveLength(1);
});

it('asks nothing about a run that needs an operator', async () => {
  const { journal } = journalSite();
  journal.closeRun(run, 'needs-operator', journal.takeHold(run, what));
  const quiet = person(false);
  await confirmRecovery(heldBy(journal), quiet.how);
  expect([...quiet.said, ...quiet.asked]).toEqual([]);
});
