import { beforeEach, expect, test } from 'vitest';
import { Effects } from '../../../activities/execution/effects.ts';
import { fromImagesThatRan, movedImages } from '../../../activities/stack/images-that-ran.ts';

const STAMP = '20260601_020000';
const IMAGE = 'fdts/app:1';
const containers = [
  { imageName: IMAGE, imageId: 'sha256:ran' },
  { imageName: 'nginx:1', imageId: 'sha256:nginx' },
  { imageName: `fdts/backup@sha256:${'0'.repeat(64)}`, imageId: 'sha256:backup' },
];

/** What names mean; a real engine does this in test/system/mend, here it is cut off at every call. */
let tags: Map<string, string>;
let callsLeft: number;
beforeEach(() => {
  tags = new Map([
    [IMAGE, 'sha256:prepared'],
    ['nginx:1', 'sha256:nginx'],
  ]);
  callsLeft = Number.POSITIVE_INFINITY;
});

function called(): void {
  if (callsLeft === 0) throw new Error('killed');
  callsLeft -= 1;
}

const docker = {
  inspectImage: async (name: string) => {
    const id = tags.get(name);
    return id === undefined
      ? null
      : { id, tags: [], repoDigests: [], labels: {}, createdAt: '', sizeBytes: 0 };
  },
  tagImage: async (id: string, name: string) => {
    called();
    tags.set(name, id);
  },
  removeTag: async (name: string) => {
    called();
    tags.delete(name);
  },
};

async function make({
  dryRun = false,
  fails = false,
} = {}): Promise<{ meant: string | undefined; lines: string[] }> {
  const { moved } = await movedImages({ docker }, containers, STAMP);
  let meant: string | undefined;
  const context = { effects: new Effects(dryRun), stamp: STAMP };
  const lines = await fromImagesThatRan({ docker }, context, moved, async () => {
    called();
    meant = tags.get(IMAGE);
    if (fails) throw new Error('no room');
  });
  return { meant, lines };
}

test('containers are made from the images that ran, and every name means afterwards what it meant', async () => {
  const before = new Map(tags);
  const { meant, lines } = await make();
  expect(meant).toBe('sha256:ran');
  expect(tags).toEqual(before);
  expect(lines).toEqual([
    expect.stringMatching(/^fdts\/app:1 names an image that is not deployed \(sha256:prepared/),
  ]);
});

test('cut off at any call, the next attempt ends the same', async () => {
  for (let calls = 0; calls < 5; calls += 1) {
    tags.set(IMAGE, 'sha256:prepared');
    callsLeft = calls;
    await expect(make()).rejects.toThrow('killed');
    callsLeft = Number.POSITIVE_INFINITY;
    const { meant } = await make();
    expect(meant, `after ${calls} calls`).toBe('sha256:ran');
    expect(tags.get(IMAGE), `after ${calls} calls`).toBe('sha256:prepared');
    expect([...tags.keys()].sort()).toEqual([IMAGE, 'nginx:1']);
  }
});

test('what cannot be made leaves the names as they were', async () => {
  const before = new Map(tags);
  await expect(make({ fails: true })).rejects.toThrow('no room');
  expect(tags).toEqual(before);
});

test('where the containers of one name ran several images the name stays, and that is known', async () => {
  const mixed = [...containers, { imageName: IMAGE, imageId: 'sha256:older' }];
  expect(await movedImages({ docker }, mixed, STAMP)).toEqual({ moved: [], unclear: [IMAGE] });
});

test('two tags of one repository are kept apart, cut off in between too', async () => {
  tags = new Map([
    ['fdts:app', 'sha256:new-app'],
    ['fdts:proxy', 'sha256:new-proxy'],
  ]);
  const before = new Map(tags);
  const ofOne = [
    { imageName: 'fdts:app', imageId: 'sha256:app' },
    { imageName: 'fdts:proxy', imageId: 'sha256:proxy' },
  ];
  const attempt = async () => {
    const { moved } = await movedImages({ docker }, ofOne, STAMP);
    await fromImagesThatRan({ docker }, { effects: new Effects(false), stamp: STAMP }, moved, async () =>
      called(),
    );
  };
  callsLeft = 4;
  await expect(attempt()).rejects.toThrow('killed');
  callsLeft = Number.POSITIVE_INFINITY;
  await attempt();
  expect(tags).toEqual(before);
});

test('what somebody builds meanwhile keeps the name', async () => {
  const { moved } = await movedImages({ docker }, containers, STAMP);
  await fromImagesThatRan({ docker }, { effects: new Effects(false), stamp: STAMP }, moved, async () => {
    tags.set(IMAGE, 'sha256:newer');
  });
  expect(tags.get(IMAGE)).toBe('sha256:newer');
});

test('a dry run changes no name', async () => {
  const before = new Map(tags);
  await make({ dryRun: true });
  expect(tags).toEqual(before);
});
