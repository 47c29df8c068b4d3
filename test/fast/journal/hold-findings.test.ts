import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { holdFindings } from '../../../workers/hold-findings.ts';
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
