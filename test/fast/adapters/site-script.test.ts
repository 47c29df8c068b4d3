import { describe, expect, it } from 'vitest';
import {
  readExitCode,
  readScriptFacts,
  scriptOutput,
} from '../../../activities/adapters/machine/site-script.ts';

const sha256 = 'a'.repeat(64);

describe('what root says of a script', () => {
  it('is its hash and size', () => {
    expect(readScriptFacts('mend', `${sha256} 120\n`)).toEqual({ name: 'mend', sha256, bytes: 120 });
  });

  it.each(['', 'abc 12', sha256, `${sha256} 12 more`])('is not guessed from "%s"', (printed) => {
    expect(() => readScriptFacts('mend', printed)).toThrow(/root-task answered something else/);
  });
});

describe('how a script ended', () => {
  it('is its own exit code', () => {
    expect(readExitCode('mend', 'exit 0\n')).toBe(0);
    expect(readExitCode('mend', 'exit 64\n')).toBe(64);
  });

  it.each(['', 'exit', 'exit 1234', 'done'])('is not guessed from "%s"', (printed) => {
    expect(() => readExitCode('mend', printed)).toThrow(/root-task answered something else/);
  });
});

it('another content, or another time, is another unit', () => {
  const step = { run: '20260104-020000', step: 'run-script' };
  const call = { name: 'mend', sha256, seconds: 10 };
  const folders = [call, { ...call, sha256: 'b'.repeat(64) }, { ...call, seconds: 20 }].map((one) =>
    scriptOutput(step, one),
  );
  expect(new Set(folders).size).toBe(3);
  expect(folders[0]).toMatch(
    /^\/var\/lib\/fdts-ops-root\/tasks\/fdts-ops-20260104-020000-run-script-[0-9a-f]{8}\/output$/,
  );
});
