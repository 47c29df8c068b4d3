import { expect, it } from 'vitest';
import type { Journal } from '../../../activities/adapters/journal/journal.ts';
import { confirmRecovery, whoAnswers } from '../../../workers/confirm-recovery.ts';
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

it('leaves an open run the host when nobody can be asked, and says how to take it all the same', async () => {
  const { journal } = journalSite();
  const fence = journal.takeHold(run, what);
  const nobody = person(null);
  await expect(confirmRecovery(heldBy(journal), nobody.how)).rejects.toMatchObject({
    code: 'NOT_CONFIRMED',
    exitCode: 2,
    message: expect.stringMatching(
      /^not recovered: plannedMaintenance \(run window\) since \S+ may still be alive, and nobody can be asked here .*nothing was changed$/,
    ),
    hint: 'Stop the run in order: fdts-ops abort window. If it is gone: sudo fdts-ops recover --yes',
  });
  expect(journal.openRun()).toMatchObject({ state: 'open', fence });
});

it('is answered by --yes also where nobody can be asked; without it only at a terminal and without --json', async () => {
  for (const isTerminal of [true, false])
    expect(await whoAnswers({ yes: true, json: true }, isTerminal)?.('?')).toBe(true);
  expect(whoAnswers({}, false)).toBeNull();
  expect(whoAnswers({ json: true }, true)).toBeNull();
  expect(whoAnswers({}, true)).not.toBeNull();
});

it('asks nothing about a run that needs an operator, and needs no yes for it', async () => {
  const { journal } = journalSite();
  journal.closeRun(run, 'needs-operator', journal.takeHold(run, what));
  const quiet = person(false);
  await confirmRecovery(heldBy(journal), quiet.how);
  await confirmRecovery(heldBy(journal), person(null).how);
  expect([...quiet.said, ...quiet.asked]).toEqual([]);
});
