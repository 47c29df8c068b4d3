import { isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-codes.ts';

/** An error as `--json` prints it. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  /** What to do next; empty when the message says all. */
  readonly hint: string;
  readonly exitCode: number;
}

/** Tells any error of a verb in words, with the exit code that it ends with. */
export function explainError(error: unknown): ToldError {
  if (error instanceof CliError) {
    return { code: error.code, message: error.message, hint: error.hint, exitCode: error.exitCode };
  }
  if (error instanceof CommanderError) return explainUsage(error);
  if (error instanceof ConfigError) {
    return { code: 'BAD_CONFIGURATION', message: error.message, hint: '', exitCode: exitCode('usage') };
  }
  if (error instanceof WorkflowNotFoundError) {
    return {
      code: 'RUN_NOT_FOUND',
      message: error.message,
      hint: 'fdts-ops runs --all lists the runs that the server knows.',
      exitCode: exitCode('notFound'),
    };
  }
  return explainServerError(error) ?? explainOther(error);
}

/** The gRPC status of an error of the Temporal client, or undefined. */
function grpcStatus(error: unknown): { readonly code: number; readonly details: string } | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? { code: cause.code, details: cause.details } : undefined;
}

const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;

/** Whether the server is away, as far as this error tells: trying again later may help. */
export function isServerAway(error: unknown): boolean {
  return [CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE].includes(grpcStatus(error)?.code ?? -1);
}

function explainUsage(error: CommanderError): ToldError {
  return {
    code: 'USAGE',
    message: error.message.replace(/^error: /, ''),
    hint: 'fdts-ops --help, or --help after a verb, says what is possible.',
    exitCode: exitCode('usage'),
  };
}

function explainServerError(error: unknown): ToldError | undefined {
  const status = grpcStatus(error);
  if (status === undefined) return undefined;
  if (isServerAway(error)) {
    return {
      code: 'SERVER_UNREACHABLE',
      message: `the Temporal server did not answer: ${status.details}`,
      hint: 'fdts-ops doctor says what is wrong; the same command can be given again.',
      exitCode: exitCode('unreachable'),
    };
  }
  return {
    code: 'SERVER_REFUSED',
    message: `the Temporal server refused: ${status.details}`,
    hint: 'fdts-ops doctor checks namespace, search attributes and workers.',
    exitCode: exitCode('unexpected'),
  };
}

/** Errors of the host verbs carry `code` and `hint` too. */
function explainOther(error: unknown): ToldError {
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: textOf(error, 'code') ?? 'UNEXPECTED',
    message,
    hint: textOf(error, 'hint') ?? '',
    exitCode: exitCode('unexpected'),
  };
}

function textOf(error: unknown, key: 'code' | 'hint'): string | undefined {
  const value: unknown = error instanceof Error ? Reflect.get(error, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}
