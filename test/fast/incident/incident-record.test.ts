import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { incidentRecord } from '../../../activities/adapters/incident-record.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const account = { description: 'strange logins', category: null, reporter: null, detectedAt: null };
const first = {
  id: '20260104_020000',
  isolatedAt: '2026-01-04T02:00:01Z',
  account,
  ports: ['80:80/tcp'],
  breakGlass: [],
};
const second = { ...first, id: '20260301_090000', isolatedAt: '2026-03-01T09:00:01Z' };
const secrets = { at: '2026-01-04T02:06:00.000Z', file: '/f/.env', keys: ['A'], missing: [], leftToDo: [] };
const provenAt = '2026-01-04T02:07:00.000Z';
const evidence = {
  folder: '/e/1',
  files: 1,
  bytes: 1,
  manifestSha256: 'c',
  sealedAt: secrets.at,
  notCollected: [],
};

/** A host whose first incident renewed and proved the secrets. */
async function knownIncident() {
  const folder = newFolder();
  const record = incidentRecord(folder);
  await record.open(first);
  await record.add({ evidence });
  await record.add({ secrets, provenAt });
  return { folder, record };
}

const filed = (folder: string, name: string) =>
  JSON.parse(readFileSync(join(folder, 'incidents', `${name}.json`), 'utf8'));

test('an incident after one that was ended by hand has nothing of it, which is kept beside the earlier ones', async () => {
  const { folder, record } = await knownIncident();
  await record.open(second);
  expect(await record.read()).toEqual({ ...second, evidence: [], secrets: null, provenAt: null });
  expect(filed(folder, first.id)).toMatchObject({ id: first.id, secrets, provenAt, evidence: [evidence] });
});

test('a follow-up run goes on with the incident as long as users were shut out all the time', async () => {
  const { record } = await knownIncident();
  await record.open({ ...second, isolatedAt: first.isolatedAt, account: { ...account, reporter: 'Ada' } });
  expect(await record.read()).toEqual({
    ...first,
    account: { ...account, reporter: 'Ada' },
    evidence: [evidence],
    secrets,
    provenAt,
  });
});

test('one that a person has ended is kept, takes no earlier one its place, and is over', async () => {
  const { folder, record } = await knownIncident();
  await record.close(first.id);
  writeFileSync(join(folder, 'incident.json'), JSON.stringify({ ...second, id: first.id }));
  await record.endByHand();
  await record.endByHand();
  expect(await record.read()).toBeNull();
  expect(readdirSync(join(folder, 'incidents'))).toEqual([`${first.id}-2.json`, `${first.id}.json`]);
  expect(filed(folder, first.id)).toMatchObject({ provenAt });
});
