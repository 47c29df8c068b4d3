import { describe, expect, it } from 'vitest';
import { cli } from './cli.ts';

// A port on which nothing answers: whatever is refused is refused before a server is asked.
const environment = { TEMPORAL_ADDRESS: '127.0.0.1:9', TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };
const run = (...args: string[]) => cli(environment, ...args);

describe('start refuses, before anything is started,', () => {
  it.each([
    [
      'a procedure that does not exist, with the nearest name',
      ['start', 'plannedMaintenence'],
      'did you mean plannedMaintenance?',
    ],
    ['input that is no JSON', ['start', 'plannedMaintenance', '--input', '{when: now}'], 'expected JSON'],
    [
      'input that is no object',
      ['start', 'plannedMaintenance', '--input', '[1]'],
      'expected one JSON object',
    ],
    ['null as input', ['start', 'plannedMaintenance', '--input', 'null'], 'expected one JSON object'],
    ['an unknown field', ['start', 'plannedMaintenance', '--input', '{"wen":"now"}'], 'wen: unknown field'],
    [
      'a wrong value',
      ['start', 'plannedMaintenance', '--input', '{"watchSeconds":-1}'],
      'expected a number of seconds above 0',
    ],
    [
      'two hosts',
      ['start', 'dailyHealthCheck', '--host', 'a', '--input', '{"host":"b"}'],
      '--host says a, the input says "b"',
    ],
    ['an empty host', ['start', 'dailyHealthCheck', '--host', ''], 'expected a text that is not empty'],
    [
      'a dry run that is none',
      ['start', 'manualBackup', '--dry-run', '--input', '{"dryRun":false}'],
      '"dryRun": false',
    ],
  ])('%s', async (_, args, says) => {
    const refused = await run(...args);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(says);
    expect(refused.out).toBe('');
  });

  it('with a correct example', async () => {
    const { json } = await run('start', 'plannedMaintenance', '--input', '{"wen":"now"}', '--json');
    expect(json).toMatchObject({
      error: { code: 'BAD_INPUT', hint: expect.stringContaining('"when":"now"') },
    });
  });

  it('an option that skips the gate: there is none', async () => {
    const { json, code } = await run('start', 'plannedMaintenance', '--yes', '--json');
    expect(code).toBe(2);
    expect(json).toMatchObject({
      error: { code: 'USAGE', message: expect.stringContaining('unknown option') },
    });
  });
});

describe('without a server', () => {
  it.each([[['start', 'dailyHealthCheck']], [['approve', 'x']]])(
    '%s says so within 5 s, with what to do',
    async (args) => {
      const began = Date.now();
      const { code, json } = await run(...args, '--json');
      expect(code).toBe(3);
      expect(json).toMatchObject({
        error: {
          code: 'SERVER_UNREACHABLE',
          message: expect.stringContaining('127.0.0.1:9'),
          hint: expect.stringContaining('TEMPORAL_ADDRESS'),
        },
      });
      expect(Date.now() - began).toBeLessThan(5_000);
    },
  );

  it('procedures, and one with its steps and an example that start takes, are shown', async () => {
    const { json } = await run('procedures', '--json');
    expect(json).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'plannedMaintenance', mutating: true })]),
    );
    const one = await run('procedures', 'plannedMaintenance');
    expect(one.code).toBe(0);
    expect(one.out).toContain('gate    approve-plan: A person approves the plan');
    const example = /--input '(.*)'/.exec(one.out)?.[1] ?? '';
    expect((await run('start', 'plannedMaintenance', '--input', example)).code).toBe(3);
  });

  it('doctor lists the server as missing and goes on', async () => {
    const { code, json } = await run('doctor', '--json');
    expect(code).toBe(10);
    expect(json).toMatchObject({
      healthy: false,
      findings: expect.arrayContaining([
        expect.objectContaining({ name: 'Temporal server', status: 'missing' }),
      ]),
    });
  });
});
