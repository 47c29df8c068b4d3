import { chownSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { keepOutput } from '../../../activities/adapters/command/keep-output.ts';
import { acquireHostLock } from '../../../activities/adapters/journal/host-lock.ts';
import { Journal } from '../../../activities/adapters/journal/journal.ts';
import { makeFolderOfOwner } from '../../../activities/adapters/machine/leave-to-folder-owner.ts';
import { writeMessage } from '../../../activities/adapters/notify/notification-file.ts';
import { ReportStore } from '../../../activities/adapters/report-store.ts';
import type { RunReport } from '../../../workflows/contracts/report.ts';

const WORKER = { uid: 10_021, gid: 10_022 };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fdts-ops-owner-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const ownerOf = (file: string) => {
  const { uid, gid } = statSync(file);
  return { uid, gid };
};

it.runIf(process.getuid?.() === 0)(
  "a folder that root makes in the folder of the worker is the worker's, with its parents",
  async () => {
    chownSync(folder, WORKER.uid, WORKER.gid);
    const made = path.join(folder, 'copies', 'copy-1');
    await makeFolderOfOwner(made, 0o700);
    for (const part of [made, path.dirname(made)]) expect(ownerOf(part)).toEqual(WORKER);
    await makeFolderOfOwner(made, 0o700);
  },
);

const MAKERS: Readonly<Record<string, (file: string) => Promise<void>>> = {
  journal: async (file) => new Journal(file).close(),
  lock: async (file) => (await acquireHostLock(file, AbortSignal.timeout(1000))).release(),
  'file of messages': (file) =>
    writeMessage(file, { runId: '20260104_020000', kind: 'end', subject: 'over', text: 'over' }),
};

it.runIf(process.getuid?.() === 0)(
  "a report and the output of a command that root writes are the worker's",
  async () => {
    chownSync(folder, WORKER.uid, WORKER.gid);
    const report: RunReport = {
      ...REPORT,
      steps: [],
      checks: [],
      decisions: [],
      sections: [],
      commandsLeft: [],
    };
    const written = await new ReportStore(path.join(folder, 'reports')).write(report);
    const kept = await keepOutput(path.join(folder, 'output'), { stdout: 'out', stderr: '' });
    for (const file of [written, kept])
      expect([ownerOf(file), ownerOf(path.dirname(file))]).toEqual([WORKER, WORKER]);
  },
);

const REPORT = {
  procedure: 'recover',
  title: 'Recovery',
  host: 'web-1',
  workflowId: 'window',
  runId: 'first',
  stamp: '20260104_020000',
  dryRun: false,
  outcome: 'rolled-back',
  because: 'the end of it',
  startedAt: 0,
  endedAt: 1,
  downtimeSeconds: null,
  path: null,
} as const;

// Only root can make a file that the worker may not write; as another user there is nothing to show.
describe.runIf(process.getuid?.() === 0)(
  'what a command of root makes first in the folder of the worker',
  () => {
    it.each(Object.entries(MAKERS))('belongs to the worker: the %s', async (_, make) => {
      chownSync(folder, WORKER.uid, WORKER.gid);
      const file = path.join(folder, 'made');
      await make(file);
      expect(ownerOf(file)).toEqual(WORKER);
    });

    it('is not given away when a link was planted in its place', async () => {
      const elsewhere = path.join(folder, 'of-root');
      writeFileSync(elsewhere, '');
      const inner = mkdtempSync(path.join(folder, 'state-'));
      chownSync(inner, WORKER.uid, WORKER.gid);
      symlinkSync(elsewhere, path.join(inner, 'journal.sqlite'));
      new Journal(path.join(inner, 'journal.sqlite')).close();
      expect(ownerOf(elsewhere)).toEqual({ uid: 0, gid: 0 });
    });

    it('stays as it is in a folder of root', async () => {
      const file = path.join(folder, 'journal.sqlite');
      new Journal(file).close();
      expect(ownerOf(file)).toEqual({ uid: 0, gid: 0 });
    });
  },
);
