import { describe, expect, it, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { freezeAt, nextFreeze, nextOpening, resolveFreeze } from '../../../config/freezes.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { smallestHost, writeConfigFile } from './write-config-file.ts';

async function load(freezes: unknown) {
  const smallest: unknown = parse(smallestHost);
  return loadHostConfig(await writeConfigFile(stringify(Object.assign({}, smallest, { freezes }))));
}

const freeze = (from: string, until: string, timezone = 'Europe/Paris') => {
  const found = resolveFreeze({ name: `${from}…`, reason: 'sale', from, until }, timezone);
  if (found === null) throw new Error(`${from} to ${until} is no freeze`);
  return found;
};
const utc = (text: string) => Date.parse(text);

describe('a freeze', () => {
  it('by days lasts to the end of the last one, on the clocks of the host', () => {
    expect(freeze('2026-12-18', '2027-01-03')).toMatchObject({
      from: utc('2026-12-17T23:00:00Z'),
      until: utc('2027-01-03T23:00:00Z'),
    });
  });

  it('by times lasts to the minute', () => {
    expect(freeze('2026-07-01 18:30', '2026-07-02 06:00')).toMatchObject({
      from: utc('2026-07-01T16:30:00Z'),
      until: utc('2026-07-02T04:00:00Z'),
    });
  });

  it('that begins at an hour which clocks leave out begins at the next one', () => {
    expect(freeze('2027-03-28 02:30', '2027-03-28').from).toBe(utc('2027-03-28T01:30:00Z'));
    // In Beirut clocks go forward at midnight.
    expect(freeze('2027-03-28', '2027-03-28', 'Asia/Beirut').from).toBe(utc('2027-03-27T22:00:00Z'));
  });

  it('that meets another one opens when both are over', () => {
    const freezes = [
      freeze('2026-12-01', '2026-12-10'),
      freeze('2026-12-10', '2026-12-20'),
      freeze('2026-12-21', '2026-12-22'),
    ];
    const at = utc('2026-12-05T12:00:00Z');
    expect(freezeAt(freezes, at)?.name).toBe('2026-12-01…');
    expect(new Date(nextOpening(freezes, at)).toISOString()).toBe('2026-12-22T23:00:00.000Z');
    expect(nextFreeze(freezes, at)?.name).toBe('2026-12-10…');
    expect(freezeAt(freezes, utc('2027-01-01T00:00:00Z'))).toBeNull();
    expect(freezeAt(freezes, freezes[2]?.until ?? 0)).toBeNull();
  });
});

test('the freezes of a file are resolved in the timezone of its host', async () => {
  const { freezes } = await load([
    { name: 'sale', reason: 'high season', from: '2026-12-18', until: '2026-12-18' },
  ]);
  expect(freezes).toMatchObject([{ name: 'sale', reason: 'high season' }]);
  expect((freezes[0]?.until ?? 0) - (freezes[0]?.from ?? 0)).toBe(86_400_000);
});

test.each([
  ['without a reason', { name: 'sale', from: '2026-12-18', until: '2026-12-18' }, 'reason: high season'],
  [
    'with an unknown key',
    { name: 's', reason: 'r', from: '2026-12-18', until: '2026-12-19', to: 'x' },
    'a list of freezes',
  ],
  [
    'with a time of another form',
    { name: 's', reason: 'r', from: '18.12.2026', until: '2026-12-19' },
    'from: 2026-12-18',
  ],
  [
    'on a day that does not exist',
    { name: 's', reason: 'r', from: '2026-02-30', until: '2026-03-01' },
    'days that the calendar has',
  ],
  [
    'that ends before it begins',
    { name: 's', reason: 'r', from: '2026-12-19', until: '2026-12-17' },
    'an end after the beginning',
  ],
])('refused: a freeze %s', async (_, written, message) => {
  await expect(load([written])).rejects.toThrow(message);
});
