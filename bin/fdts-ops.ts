#!/usr/bin/env node
import { isClientVerb, type ProgramParts } from '../client/program.ts';
import { runCli } from '../client/run-cli.ts';
import { processTerminal } from '../client/terminal.ts';

const args = process.argv.slice(2);
// The host verbs bring the worker with them, with its native parts: the client's own verbs do without.
const parts: ProgramParts =
  isClientVerb(args[0]) && args[0] !== 'doctor' ? {} : await import('../workers/host-commands.ts');

const exitCode = await runCli(args, processTerminal, parts);
process.exitCode = exitCode === 0 ? (process.exitCode ?? 0) : exitCode;
// A worker that could not start has connections left that would keep its process, and systemd, waiting for ever.
if (args[0] === 'worker' && exitCode !== 0) process.exit(exitCode);
