import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../../activities/adapters/journal/journal.ts';
import { recorded } from '../../../activities/execution/as-activity.ts';
import { toFailure } from '../../../activities/execution/failures.ts';
import { call, journalSite, made, run, ticket, undo, what } from './support/journal-site.ts';
import { startScript } from './support/start-script.ts';

const other = { workflowId: 'backup', runId: 'second' };

describe('the hold', () => {
  it('is given once; another run is told who has it, since when, in which step, and what to do', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    journal.begin(run, ticket('stop-services', fence), call('stopServices'));
    const since = journal.openRun()?.startedAt ?? '';
    expect(() => journal.takeHold(other, { ...what, procedure: 'manualBackup' })).toThrow(
      expect.objectContaining({
        code: 'HOST_BUSY',
        retryable: false,
        message: expect.stringContaining(
          `it is held by plannedMaintenance (run window) since ${since}, last change "Do stop-services"`,
        ),
        hint: expect.stringMatching(/abort it.*sudo fdts-ops recover/),
      }),
    );
  });

  it('asked for again by the same run has the same fence; the next run has a higher one', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    expect(journal.takeHold(run, what)).toBe(fence);
    journal.closeRun(run, 'completed', fence);
    expect(journal.openRun()).toBeNull();
    expect(journal.takeHold(other, what)).toBeGreaterThan(fence);
  });

  it('is refused to a reset run: the same workflow id is another execution', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const reset = { ...run, runId: 'after-reset' };
    expect(() => journal.takeHold(reset, what)).toThrow(expect.objectContaining({ code: 'HOST_BUSY' }));
    expect(() => journal.begin(reset, ticket('stop', fence), call('stopServices'))).toThrow(
      expect.objectContaining({ code: 'FENCED_OFF', message: expect.stringContaining('a reset run') }),
    );
  });

  it.each(['completed', 'rolled-back'])(
    'is refused to a run that is reset after it ended as %s',
    (outcome) => {
      const { journal } = journalSite();
      journal.closeRun(run, outcome, journal.takeHold(run, what));
      const reset = { ...run, runId: 'after-reset' };
      const refused = expect.objectContaining({
        code: 'FENCED_OFF',
        message: expect.stringContaining(`it was reset after it ended here as ${outcome}`),
      });
      expect(() => journal.takeHold(reset, what)).toThrow(refused);
      expect(() =>
        journal.reserve(reset, what, { opensAt: '2026-03-01T02:00:00Z', closesAt: '2026-03-01T04:00:00Z' }),
      ).toThrow(refused);
      expect(journal.openRun()).toBeNull();
      // The next run of a schedule has the same id, and a time of its own.
      expect(journal.takeHold(reset, { ...what, stamp: '20260102_020000' })).toBeGreaterThan(0);
    },
  );

  it('stays with a run that needs an operator, until somebody clears it with a reason', () => {
    const { journal, file } = journalSite();
    const fence = journal.takeHold(run, what);
    journal.closeRun(run, 'needs-operator', fence);
    expect(() => journal.takeHold(other, what)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('the host is quarantined after plannedMaintenance'),
        hint: expect.stringContaining('fdts-ops clear --reason'),
      }),
    );
    expect(() => journal.begin(run, ticket('stop', fence), call('stopServices'))).toThrow(
      expect.objectContaining({ code: 'FENCED_OFF' }),
    );
    expect(journal.clear('mended by hand')).toMatchObject({
      cleared: [{ workflowId: 'window', state: 'needs-operator' }],
      underWay: null,
    });
    expect(journal.openRun()).toBeNull();
    expect(journal.takeHold(other, what)).toBeGreaterThan(fence + 1);
    const kept = new Database(file, { readonly: true });
    expect(
      kept.prepare('SELECT outcome, cleared_because FROM runs WHERE workflow_id = ?').get('window'),
    ).toEqual({
      outcome: 'cleared',
      cleared_because: 'mended by hand',
    });
    kept.close();
  });
});

describe('a change', () => {
  it('is recorded with its undo before it is made', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const begun = journal.begin(
      run,
      ticket('stop', fence, { undo: undo('startServices') }),
      call('stopServices'),
    );
    expect(begun).toEqual({ attempt: 1 });
    expect(journal.entries(run)).toMatchObject([
      { step: 'stop', state: 'begun', attempts: 1, undo: undo('startServices'), undone: false },
    ]);
  });

  it('that was made is not made again: its result comes back', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    journal.begin(run, ticket('back-up', fence), call('makeBackup'));
    journal.done(run, ticket('back-up', fence), made({ archive: 'one' }));
    expect(journal.begin(run, ticket('back-up', fence), call('makeBackup'))).toEqual({
      attempt: 1,
      result: made({ archive: 'one' }),
    });
  });

  it('is begun five times at most in a round; a retry that a person asks for counts anew', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const begin = (round: number) =>
      journal.begin(run, ticket('stop', fence, { round }), call('stopServices'));
    for (let attempt = 1; attempt <= 5; attempt += 1) expect(begin(0)).toEqual({ attempt });
    expect(() => begin(0)).toThrow(expect.objectContaining({ code: 'ATTEMPTS_USED_UP', retryable: false }));
    expect(begin(1)).toEqual({ attempt: 1 });
  });

  it('whose attempts are used up tells what the last of them that failed said', () => {
    const { journal } = journalSite();
    const step = ticket('cut-over', journal.takeHold(run, what));
    const begin = () => journal.begin(run, step, call('openToUsers'));
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      begin();
      journal.failed(run, step, `port 80 is in use, ${attempt}`);
    }
    expect(begin).toThrow(
      /5 attempts were begun, none ended well\. The last that failed said: port 80 is in use, 5/,
    );
  });

  it('of a run with a stale fence is refused', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const newer = journal.takeOver(run);
    expect(newer).toBeGreaterThan(fence);
    expect(() => journal.begin(run, ticket('stop', fence), call('stopServices'))).toThrow(
      expect.objectContaining({
        code: 'FENCED_OFF',
        message: expect.stringContaining(`its fence is ${fence}`),
      }),
    );
    expect(journal.begin(run, ticket('recover', newer), call('startServices'))).toEqual({ attempt: 1 });
  });

  it('that is undone is marked so; the cut-over drops the undos before it', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    for (const step of ['one', 'two']) {
      const asked = ticket(step, fence, { undo: undo(step) });
      journal.begin(run, asked, call('change'));
      journal.done(run, asked, made());
    }
    const cutOver = ticket('cut-over', fence, { undo: undo('images'), finish: [undo('openToUsers')] });
    journal.begin(run, cutOver, call('openToUsers'));
    expect(journal.entries(run).map(({ step, undo: back }) => [step, back?.activity ?? null])).toEqual([
      ['one', null],
      ['two', null],
      ['cut-over', 'images'],
    ]);
    const undoing = ticket('undo:cut-over', fence, { undoes: 'cut-over' });
    journal.begin(run, undoing, call('images'));
    journal.done(run, undoing, made());
    expect(journal.entries(run).map(({ step, undoes, undone }) => [step, undoes, undone])).toEqual([
      ['one', null, false],
      ['two', null, false],
      ['cut-over', null, true],
      ['undo:cut-over', 'cut-over', false],
    ]);
  });

  it('that comes late, when the run is already being taken back, is refused; the undo goes on', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    journal.begin(run, ticket('stop', fence, { undo: undo('start') }), call('stopServices'));
    const undoing = ticket('undo:stop', fence, { undoes: 'stop' });
    journal.begin(run, undoing, call('start'));
    for (const step of ['stop', 'switch']) {
      expect(() => journal.begin(run, ticket(step, fence), call('stopServices'))).toThrow(
        expect.objectContaining({
          code: 'FENCED_OFF',
          message: expect.stringContaining('the run is already being taken back'),
        }),
      );
    }
    expect(journal.begin(run, undoing, call('start'))).toEqual({ attempt: 2 });
  });
});

describe('a step forward', () => {
  it('is spared the attempts that failed through no fault of its own, such as a Docker that restarts', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const step = ticket('stop', fence);
    for (let attempt = 1; attempt <= 30; attempt += 1) {
      expect(journal.begin(run, step, call('stopServices'))).toEqual({ attempt });
      journal.failed(run, step, 'Docker does not answer', false);
    }
    for (let attempt = 31; attempt <= 35; attempt += 1) {
      expect(journal.begin(run, step, call('stopServices'))).toEqual({ attempt });
      journal.failed(run, step, 'no such service');
    }
    expect(() => journal.begin(run, step, call('stopServices'))).toThrow(
      expect.objectContaining({ code: 'ATTEMPTS_USED_UP' }),
    );
  });
});

describe('a step forward that is cut off', () => {
  const cutOff = AbortSignal.abort(new Error('a newer attempt takes over'));
  const make = () => Promise.reject(cutOff.reason);

  /** Attempts that begin and are cut off, until the host begins none any more; at most 20. */
  async function attemptsOf(usedUpAt: number): Promise<number> {
    const { journal } = journalSite();
    const step = ticket('back-up', journal.takeHold(run, what));
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      try {
        journal.begin(run, step, call('createBackup'));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ATTEMPTS_USED_UP' });
        return attempt - 1;
      }
      await expect(recorded(journal, run, step, cutOff, make, usedUpAt)).rejects.toThrow('takes over');
    }
    return 20;
  }

  it('is spared the attempt, but not one that used up all the time that it may take', async () => {
    expect(await attemptsOf(Date.now() + 60_000)).toBe(20);
    expect(await attemptsOf(Date.now())).toBe(5);
  });
});

describe('an undo', () => {
  it('outlives any number of worker restarts, and gives up after 20 attempts that failed', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const undoing = ticket('undo:stop', fence, { undoes: 'stop' });
    for (let attempt = 1; attempt <= 50; attempt += 1) {
      expect(journal.begin(run, undoing, call('start'))).toEqual({ attempt });
      if (attempt % 2 === 0) journal.failed(run, undoing, 'the worker stopped', false);
    }
    for (let failure = 1; failure <= 20; failure += 1) {
      journal.begin(run, undoing, call('start'));
      journal.failed(run, undoing, 'no space left');
    }
    expect(() => journal.begin(run, undoing, call('start'))).toThrow(
      expect.objectContaining({
        code: 'ATTEMPTS_USED_UP',
        message: expect.stringContaining('20 attempts failed'),
      }),
    );
  });
});

describe('the end of a run', () => {
  it('is decided by who took it over: the run itself cannot close it any more', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const newer = journal.takeOver(run);
    expect(() => journal.closeRun(run, 'completed', fence)).toThrow(
      expect.objectContaining({ code: 'FENCED_OFF' }),
    );
    expect(journal.openRun()).toMatchObject({ state: 'open', fence: newer });
    journal.closeRun(run, 'rolled-back', newer);
    journal.closeRun(run, 'completed', newer);
    expect(journal.findRun(run)).toMatchObject({ state: 'closed', outcome: 'rolled-back' });
  });

  it.each(['rolled-back', 'completed', 'contained'])(
    'as %s by a recovery is told to the run itself, whatever it asks for',
    (endedAs) => {
      const { journal } = journalSite();
      const fence = journal.takeHold(run, what);
      journal.requireUnended(run, fence);
      journal.closeRun(run, endedAs, journal.takeOver(run));
      const told = expect.objectContaining({
        code: 'FENCED_OFF',
        message: expect.stringContaining(`it has already ended as ${endedAs}`),
        details: { endedAs },
      });
      expect(() => journal.begin(run, ticket('stop', fence), call('stopServices'))).toThrow(told);
      expect(() => journal.takeHold(run, what)).toThrow(told);
      expect(() => journal.closeRun(run, 'completed', fence)).toThrow(told);
      expect(() => journal.requireUnended(run, fence)).toThrow(told);
      expect(
        toFailure(
          refusalOf(() => journal.requireUnended(run, fence)),
          1,
        ),
      ).toMatchObject({
        nonRetryable: true,
        details: [{ endedAs }],
      });
    },
  );

  it('is not told while the recovery goes on, nor where the host needs an operator', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    const newer = journal.takeOver(run);
    journal.requireUnended(run, fence);
    const begins = () => journal.begin(run, ticket('stop', fence), call('stopServices'));
    expect(refusalOf(begins)).toMatchObject({ code: 'FENCED_OFF', details: {} });
    journal.closeRun(run, 'needs-operator', newer);
    expect(refusalOf(begins)).toMatchObject({ code: 'FENCED_OFF', details: {} });
  });

  it('that came first is not taken over: the next run keeps the host and its fence', () => {
    const { journal } = journalSite();
    journal.closeRun(run, 'completed', journal.takeHold(run, what));
    const next = journal.takeHold(other, what);
    expect(() => journal.takeOver(run)).toThrow(
      expect.objectContaining({
        code: 'RUN_ENDED',
        message: expect.stringContaining('ended meanwhile as completed'),
      }),
    );
    expect(journal.openRun()).toMatchObject({ ...other, fence: next });
  });

  it('of a run that does not know whether it got the hold frees the host, also from a late attempt', () => {
    const { journal } = journalSite();
    journal.takeHold(run, what);
    journal.renounce(run, what, 'refused');
    expect(journal.openRun()).toBeNull();
    journal.renounce(other, what, 'refused');
    for (const late of [run, other]) {
      expect(() => journal.takeHold(late, what)).toThrow(expect.objectContaining({ code: 'FENCED_OFF' }));
    }
    expect(journal.openRun()).toBeNull();
  });

  it('is not renounced once the run has changed something', () => {
    const { journal } = journalSite();
    const fence = journal.takeHold(run, what);
    journal.begin(run, ticket('stop', fence), call('stopServices'));
    journal.renounce(run, what, 'refused');
    expect(journal.openRun()).toMatchObject(run);
  });
});

it('a journal of an earlier version is read: its undos are known as such', () => {
  const { journal, file } = journalSite();
  const fence = journal.takeHold(run, what);
  journal.begin(run, ticket('undo:stop', fence, { undoes: 'stop' }), call('start'));
  const old = new Database(file);
  old.exec('ALTER TABLE entries DROP COLUMN undoes; ALTER TABLE entries DROP COLUMN failures');
  old.exec('ALTER TABLE entries DROP COLUMN spared');
  old.pragma('user_version = 0');
  old.close();
  const upgraded = new Journal(file);
  expect(upgraded.entries(run)).toMatchObject([{ step: 'undo:stop', undoes: 'stop' }]);
  upgraded.close();
});

describe('a journal whose writer is killed', () => {
  it.each([1, 2, 7, 20])(
    'after %i lines has everything that the writer told of, and goes on',
    async (lines) => {
      const { journal, file } = journalSite();
      const writer = startScript('write-changes.ts', file);
      await writer.wrote(lines);
      await writer.kill();

      const check = new Database(file);
      expect(check.pragma('integrity_check', { simple: true })).toBe('ok');
      check.close();
      const entries = new Map(journal.entries(run).map((entry) => [entry.step, entry]));
      for (const line of writer.lines()) {
        const [told, step = ''] = line.split(' ');
        expect(entries.get(step)?.undo?.activity).toBe('restoreDatabase');
        if (told === 'done') expect(entries.get(step)?.state).toBe('done');
      }
      const next = new Journal(file);
      const fence = next.takeHold(run, what);
      const last = [...entries.keys()].at(-1) ?? '';
      const again = next.begin(run, ticket(last, fence), call('optimizeDatabase'));
      expect('result' in again || again.attempt === 2).toBe(true);
      next.close();
    },
  );
});

function refusalOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('expected to be refused');
}
