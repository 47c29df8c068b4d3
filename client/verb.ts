import { Option } from 'commander';
import type { DoctorOptions, Finding } from './commands/doctor.ts';
import type { Terminal } from './terminal.ts';

/** What a verb answers: the same content for programs and for people. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  /** Default 0. */
  readonly exitCode?: number;
}

/** What every verb is given. */
export interface VerbContext {
  readonly terminal: Terminal;
  /** What `doctor` finds on this machine itself. */
  readonly hostDoctor: (options: DoctorOptions) => Promise<readonly Finding[]>;
  /** Prints a verb's answer, as JSON or as text, and keeps its exit code. */
  readonly answer: (options: JsonOption, answer: Answer) => void;
}

/** Of every verb. */
export interface JsonOption {
  readonly json?: true;
}

/** `--json`, of every verb. */
export function jsonOption(): Option {
  return new Option('--json', 'answer with one JSON document on standard output');
}
