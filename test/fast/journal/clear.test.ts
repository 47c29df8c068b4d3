import { expect, it } from 'vitest';
import { clearQuarantine } from '../../../workers/clear-command.ts';
import { call, journalSite, made, run, ticket, what } from './support/journal-site.ts';

it('is not cleared while a run is open: it is told how to stop it, and nothing changes', () => {
  const { journal } = journalSite();
  const fence = journal.takeHold(run, what);
  journal.begin(run, ticket('stop', fence), call('stopServices'));
  expect(() => clearQuarantine(journal, 'looked fine', false)).toThrow(
    expect.objectContaining({
      code: 'RUN_UNDER_WAY',
      exitCode: 2,
      message: expect.stringMatching(
        /^not cleared: plannedMaintenance \(run window\) is under way since .+, last change "Do stop"$/,
      ),
      hint: 'Stop it: fdts-ops abort window. If its run is gone (terminated, server lost): sudo fdts-ops recover',
    }),
  );
  expect(journal.openRun()).toMatchObject({ state: 'open', fence });
  journal.done(run, ticket('stop', fence), made());
});

it('is cleared of an open run by force, and the run is fenced off', () => {
  const { journal } = journalSite();
  const fence = journal.takeHold(run, what);
  expect(clearQuarantine(journal, 'mended by hand', true)).toMatchObject({
    cleared: [{ workflowId: 'window' }],
  });
  expect(journal.openRun()).toBeNull();
  expect(() => journal.begin(run, ticket('stop', fence), call('stopServices'))).toThrow(
    expect.objectContaining({ code: 'FENCED_OFF' }),
  );
});
