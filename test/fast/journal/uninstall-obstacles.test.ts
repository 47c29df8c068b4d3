import { Command } from 'commander';
import { expect, it } from 'vitest';
import {
  registerUninstallObstacles,
  uninstallObstacles,
} from '../../../workers/uninstall-obstacles-command.ts';
import { call, journalSite, run, ticket, undo, what } from './support/journal-site.ts';

it('nothing speaks against it on a host that is free', () => {
  const { journal } = journalSite();
  expect(uninstallObstacles(journal)).toEqual([]);
  journal.closeRun(run, 'completed', journal.takeHold(run, what));
  expect(uninstallObstacles(journal)).toEqual([]);
});

it('a run that has the host, or left it quarantined, is named with what to do', () => {
  const { journal } = journalSite();
  const fence = journal.takeHold(run, what);
  journal.begin(run, ticket('stop', fence), call('stopServices'));
  const who = /plannedMaintenance \(run window\) since \S+, last change "Do stop"/;
  expect(uninstallObstacles(journal)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^a run has this host: ${who.source}\\. Next: .*fdts-ops abort window; .*sudo fdts-ops recover$`,
      ),
    ),
  ]);
  journal.closeRun(run, 'needs-operator', fence);
  expect(uninstallObstacles(journal)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^this host is quarantined after ${who.source}\\. Next: sudo fdts-ops recover; .*clear --reason`,
      ),
    ),
  ]);
});

it('an open incident is named with what to do, a line each, also as the installer reads it', async () => {
  const { journal, file } = journalSite();
  const fence = journal.takeHold(run, what);
  const contains = {
    procedure: what.procedure,
    safeState: 'stopped',
    keep: undo('stopServices'),
    left: ['look'],
  };
  journal.begin(run, ticket('contain', fence, { contains }), call('stopServices'));
  journal.closeRun(run, 'contained', fence);
  const told: string[] = [];
  const program = new Command().exitOverride();
  registerUninstallObstacles(program, (text) => void told.push(text));
  await program.parseAsync(['uninstall-obstacles', '--journal', file], { from: 'user' });
  expect(told).toEqual([
    expect.stringMatching(
      /^an incident is open: plannedMaintenance \(run window\) has left the host stopped since \S+\. Next: fdts-ops start plannedMaintenance, .*clear --reason TEXT$/,
    ),
  ]);
});
