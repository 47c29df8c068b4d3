import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { holdFindings } from '../../../workers/hold-findings.ts';
import { containedIncident } from './support/contained-incident.ts';
import { journalSite, run, what } from './support/journal-site.ts';

it('doctor says how FDTS starts again when it is kept from starting and no run has the host', () => {
  const { journal, file } = journalSite();
  const held = `${file}-hold-stack`;
  expect(holdFindings(journal, 'fdts.service', held)).toMatchObject([{ status: 'ok' }]);
  writeFileSync(held, 'fdts-ops run\n');
  for (const known of [journal, null]) {
    expect(holdFindings(known, 'fdts.service', held)).toMatchObject([
      { status: 'ok' },
      {
        status: 'missing',
        found: expect.stringContaining('FDTS is kept from starting'),
        getIt: `once it may start: sudo rm ${held} && sudo systemctl start fdts.service`,
      },
    ]);
  }
});

it('doctor sends to recover, never to clear, while a run has the host', () => {
  const { journal, file } = journalSite();
  const held = `${file}-hold-stack`;
  writeFileSync(held, 'fdts-ops run\n');
  const fence = journal.takeHold(run, what);
  expect(holdFindings(journal, 'fdts.service', held)).toMatchObject([
    {
      status: 'warning',
      getIt: expect.stringContaining('if its run is gone: sudo fdts-ops recover; never clear'),
    },
  ]);
  journal.closeRun(run, 'needs-operator', fence);
  expect(holdFindings(journal, 'fdts.service', held)).toMatchObject([
    { status: 'missing', found: expect.stringContaining('quarantined after plannedMaintenance') },
  ]);
});

const LET_IN = 'sudo /usr/lib/fdts-ops/isolation off';

it('doctor says that users are shut out when no incident is open any more, and how they come in again', () => {
  const { journal, file } = journalSite();
  const isolation = `${file}-isolation`;
  const findings = (known: typeof journal | null = journal) =>
    holdFindings(known, 'fdts.service', `${file}-hold-stack`, isolation);
  expect(findings()).toMatchObject([{ status: 'ok' }]);
  writeFileSync(isolation, 'since=2026-03-01T09:00:01Z\n80:80/tcp\n');
  const shutOut = {
    status: 'missing',
    found: expect.stringContaining('users are shut out since 2026-03-01T09:00:01Z'),
    getIt: `once they may come in: ${LET_IN}`,
  };
  for (const known of [journal, null]) expect(findings(known)).toMatchObject([{ status: 'ok' }, shutOut]);
  const fence = journal.takeHold(run, what);
  expect(findings()).toMatchObject([{ status: 'warning' }, shutOut]);
  journal.closeRun(run, 'completed', fence);
  expect(findings()).toMatchObject([{ status: 'ok' }, shutOut]);
});

it('doctor offers for a security incident no clear that would leave users shut out', () => {
  const { journal, file, isolation } = containedIncident();
  expect(holdFindings(journal, 'fdts.service', `${file}-hold-stack`, isolation)).toMatchObject([
    {
      name: 'open incident',
      getIt: expect.stringContaining(`mended by hand: ${LET_IN} && sudo fdts-ops clear --reason`),
    },
  ]);
});
