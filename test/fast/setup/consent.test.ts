import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerFor, askAtTerminal, askOnce } from '../../../setup/consent.mjs';

let keys: PassThrough;
const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
let shown: string;
beforeEach(() => {
  keys = Object.assign(new PassThrough(), { isTTY: true });
  shown = '';
  vi.stubEnv('CI', undefined);
  vi.stubEnv('FDTS_OPS_LEAVE_TO_INSTALL', undefined);
  Object.defineProperty(process, 'stdin', { value: keys, configurable: true });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown += String(text);
    return true;
  });
});
afterEach(() => {
  Object.defineProperty(process, 'stdin', stdin);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('a question at the terminal', () => {
  it.each([
    ['y', true],
    ['Yes', true],
    ['', true],
    ['n', false],
    ['no', false],
    ['what?', false],
  ])('answered with "%s" is %s', async (typed, agreed) => {
    keys.write(`${typed}\n`);
    expect(await askAtTerminal('Install?')).toBe(agreed);
    expect(shown).toContain('Install? [Y/n]');
  });

  it('that is left with Ctrl-D is a no', async () => {
    keys.end();
    expect(await askAtTerminal('Install?')).toBe(false);
  });

  it('is not asked in CI, nor where nobody is: it says so and goes on', async () => {
    vi.stubEnv('CI', 'true');
    expect(await askAtTerminal('Install?')).toBe(true);
    vi.stubEnv('CI', undefined);
    Object.assign(keys, { isTTY: false });
    expect(await askAtTerminal('Install?')).toBe(true);
    expect(shown).toBe('Install? Nobody is at the terminal: yes.\n'.repeat(2));
  });
});

describe('what was asked once', () => {
  it('is answered for these packages, and for no others', async () => {
    await askOnce(['make', 'docker.io'], 'Install?', () => Promise.resolve(true));
    expect(answerFor(['docker.io'])).toBe(true);
    expect(answerFor(['docker.io', 'chromium'])).toBeUndefined();
  });

  it('stays answered when the answer was no', async () => {
    await askOnce(['make'], 'Install?', () => Promise.resolve(false));
    expect(answerFor(['make'])).toBe(false);
  });
});
