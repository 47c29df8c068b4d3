import type { Command } from 'commander';
import { examineConfiguration } from '../doctor/examine-configuration.ts';
import { examineNode } from '../doctor/examine-node.ts';
import { examineServer } from '../doctor/examine-server.ts';
import { exitCode } from '../exit-codes.ts';
import { type Answer, type JsonOption, jsonOption, type VerbContext } from '../verb.ts';

/** One thing that `doctor` looked for. */
export interface Finding {
  /** Under which heading it is shown. */
  readonly group?: string;
  readonly name: string;
  readonly status: 'ok' | 'missing' | 'warning';
  /** What is there. */
  readonly found: string;
  /** How to get what is missing. */
  readonly getIt?: string;
}

/** What a person says to `doctor`. */
export interface DoctorOptions extends JsonOption {
  readonly config?: string;
  readonly smoke?: true;
}

/**
 * `doctor`: what is found, what is missing, how to get it. Changes nothing, but for a login of the test user, and a test
 * file with `--smoke`.
 */
export function registerDoctor(program: Command, { terminal, hostDoctor, answer }: VerbContext): void {
  program
    .command('doctor')
    .description(
      'Look for everything that is needed, on a host also whether the configuration fits it (with sudo), and say how to get what is missing (exit code 10 then).',
    )
    .option(
      '--config <file>',
      'configuration of the control worker, or of a host (default: those in /etc/fdts-ops)',
    )
    .option('--smoke', 'on a host: also upload a small test file, download it and remove it')
    .addOption(jsonOption())
    .action(async (options: DoctorOptions) => {
      const { findings: configuration, hosts } = await examineConfiguration(options.config);
      answer(
        options,
        doctorAnswer([
          examineNode(process.versions.node),
          ...configuration,
          ...(await examineServer(terminal, hosts)),
          ...(await hostDoctor(options)),
        ]),
      );
    });
}

const MARK = { ok: '✔', missing: '✘', warning: '!' } as const;

function doctorAnswer(findings: readonly Finding[]): Answer {
  const count = (wanted: Finding['status']) => findings.filter(({ status }) => status === wanted).length;
  const missing = count('missing');
  const warnings = count('warning');
  const lines = findings.flatMap(({ group, name, status, found, getIt }, index) => [
    ...(group === undefined || group === findings[index - 1]?.group ? [] : ['', `${group}:`]),
    `${MARK[status]} ${name}: ${found}`,
    ...(status === 'ok' || getIt === undefined ? [] : [`    ${getIt}`]),
  ]);
  return {
    json: { healthy: missing === 0, findings },
    text: [
      ...lines,
      '',
      `${missing === 0 ? 'Nothing is missing' : `${missing} missing`}${warnings === 0 ? '' : `; ${warnings} to look at (${MARK.warning})`}.`,
    ].join('\n'),
    exitCode: missing === 0 ? exitCode('ok') : exitCode('attention-needed'),
  };
}
