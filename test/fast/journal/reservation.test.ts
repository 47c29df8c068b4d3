import { describe, expect, it } from 'vitest';
import { clearQuarantine } from '../../../workers/clear-command.ts';
import { holdFindings } from '../../../workers/hold-findings.ts';
import { call, journalSite, made, run, ticket, undo, what } from './support/journal-site.ts';

const later = { workflowId: 'second', runId: 'another' };
const backup = { procedure: 'manualBackup', stamp: '20260228_090000' };
const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
const tomorrow = () => ({ opensAt: hours(24), closesAt: hours(26) });

describe('a host that is reserved for a window', () => {
  it('refuses a second window and names the first; other procedures go on', () => {
    const { journal } = journalSite();
    const time = tomorrow();
    journal.reserve(run, what, time);
    journal.reserve(run, what, time);
    const refused = expect.objectContaining({
      code: 'HOST_RESERVED',
      message: expect.stringMatching(
        new RegExp(`plannedMaintenance \\(run window\\) has reserved it for its window from ${time.opensAt}`),
      ),
      hint: expect.stringContaining('fdts-ops abort window'),
    });
    expect(() => journal.reserve(later, what, tomorrow())).toThrow(refused);
    expect(() => journal.takeHold(later, what)).toThrow(refused);
    expect(journal.takeHold(later, backup)).toBeGreaterThan(0);
  });

  it('is free for others between the preparation and the window, and the run goes on with its own fence', () => {
    const { journal } = journalSite();
    journal.reserve(run, what, tomorrow());
    const fence = journal.takeHold(run, what);
    journal.begin(run, ticket('prepare', fence, { undo: undo('removeNames') }), call('prepareImages'));
    journal.done(run, ticket('prepare', fence), made());
    journal.stepDown(run, fence);
    journal.stepDown(run, fence);
    expect(journal.openRun()).toBeNull();

    const other = journal.takeHold(later, backup);
    expect(() => journal.takeHold(run, what, fence)).toThrow(expect.objectContaining({ code: 'HOST_BUSY' }));
    journal.closeRun(later, 'completed', other);
    expect(journal.takeHold(run, what, fence)).toBe(fence);
    expect(journal.begin(run, ticket('stop', fence), call('stopServices'))).toEqual({ attempt: 1 });
    journal.closeRun(run, 'completed', fence);
    expect(journal.reservation()).toBeNull();
  });

  it('is changed by the waiting run only to take back what it prepared', () => {
    const { journal } = journalSite();
    journal.reserve(run, what, tomorrow());
    const fence = journal.takeHold(run, what);
    journal.begin(run, ticket('prepare', fence, { undo: undo('removeNames') }), call('prepareImages'));
    journal.done(run, ticket('prepare', fence), made());
    journal.stepDown(run, fence);
    journal.takeHold(later, backup);
    expect(() => journal.begin(run, ticket('stop', fence), call('stopServices'))).toThrow(
      expect.objectContaining({ code: 'FENCED_OFF' }),
    );
    const back = ticket('undo:prepare', fence, { undoes: 'prepare' });
    expect(journal.begin(run, back, call('removeNames'))).toEqual({ attempt: 1 });
    journal.done(run, back, made());
    journal.closeRun(run, 'aborted', fence);
    expect(journal.findRun(run)).toMatchObject({ state: 'closed', outcome: 'aborted' });
    expect(journal.openRun()).toMatchObject(later);
    expect(journal.reservation()).toBeNull();
  });

  it('is not held meanwhile by an attempt of the first hold that comes late', () => {
    const { journal } = journalSite();
    journal.reserve(run, what, tomorrow());
    const fence = journal.takeHold(run, what);
    journal.stepDown(run, fence);
    expect(() => journal.takeHold(run, what, 0)).toThrow(expect.objectContaining({ code: 'FENCED_OFF' }));
    expect(journal.openRun()).toBeNull();
  });

  it('is so only until the end of the window, whatever became of the run', () => {
    const { journal } = journalSite();
    journal.reserve(run, what, { opensAt: hours(-3), closesAt: hours(-1) });
    expect(journal.reservation()).toBeNull();
    journal.reserve(later, what, tomorrow());
    expect(journal.reservation()).toMatchObject(later);
  });

  it('cannot be while a window is open on it, or while it is quarantined', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const busy = expect.objectContaining({ code: 'HOST_BUSY' });
    expect(() => journal.reserve(later, what, tomorrow())).toThrow(busy);
    journal.closeRun(run, 'needs-operator', fence);
    expect(() => journal.reserve(later, { ...what, procedure: 'other' }, tomorrow())).toThrow(busy);
  });

  it('is free again when a run that got no hold ends', () => {
    const { journal } = journalSite();
    journal.reserve(run, what, tomorrow());
    journal.renounce(run, what, 'aborted');
    expect(journal.reservation()).toBeNull();
  });

  it('is cleared only by force, since the run may be alive; it is fenced off then', () => {
    const { journal } = journalSite();
    journal.reserve(run, what, tomorrow());
    const fence = journal.takeHold(run, what);
    journal.stepDown(run, fence);
    expect(clearQuarantine(journal, 'server lost', false).reservation).toBeNull();
    expect(holdFindings(journal, null, '/nowhere')).toMatchObject([
      { status: 'ok', found: expect.stringContaining('reserved by plannedMaintenance (run window)') },
    ]);
    expect(clearQuarantine(journal, 'server lost', true).reservation).toMatchObject(run);
    expect(() => journal.takeHold(run, what, fence)).toThrow(expect.objectContaining({ code: 'FENCED_OFF' }));
  });
});
