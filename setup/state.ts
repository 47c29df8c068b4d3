import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { stateFolder } from './instance.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { reasonOf } from './reason-of.ts';
import { SetUpError } from './set-up-error.ts';

/** What is remembered of each kind of thing that set-up starts or installs. */
export interface Started {
  /**
   * A process that runs on its own; `settings` is what it was started with. The command line finds the
   * Temporal server of a demo that was kept by the record `temporal` (bindAddress, port, uiPort).
   */
  process: {
    what: string;
    identity: ProcessIdentity;
    logFile: string;
    settings: Record<string, string>;
  };
  /** The Docker engine, when set-up started it: with systemctl, or dockerd by hand (then with its process). */
  engine: { how: 'systemd' | 'by-hand'; identity?: ProcessIdentity | undefined };
  /** Debian packages that set-up installed, and what for. */
  packages: { names: string[]; why: string };
  /**
   * That the sandbox may have left images and volumes for the next start of any instance, and in whose Docker
   * engine: one that set-up starts, or one of somebody else.
   */
  cache: { engine: 'systemd' | 'by-hand' | 'not-ours' };
}

/** The kinds of things that set-up remembers. */
export type StartedKind = keyof Started;

const processIdentity = z.strictObject({ pid: z.int().min(2), startTicks: z.string(), bootId: z.string() });

const schemas: { [K in StartedKind]: z.ZodType<Started[K]> } = {
  process: z.strictObject({
    what: z.string(),
    identity: processIdentity,
    logFile: z.string(),
    settings: z.record(z.string(), z.string()),
  }),
  engine: z.strictObject({ how: z.enum(['systemd', 'by-hand']), identity: processIdentity.optional() }),
  packages: z.strictObject({ names: z.array(z.string()), why: z.string() }),
  cache: z.strictObject({ engine: z.enum(['systemd', 'by-hand', 'not-ours']) }),
};

/**
 * Remembers a thing that set-up started. One file per thing, replaced atomically: several programs of one
 * instance write at the same time and none loses another's entry, and a power cut leaves no half file.
 */
export function rememberStarted<K extends StartedKind>(
  kind: K,
  name: string,
  thing: Started[K],
  folder = stateFolder(),
): void {
  const target = fileOf(kind, name, folder);
  mkdirSync(startedFolder(folder), { recursive: true, mode: 0o700 });
  const half = `${target}.${process.pid}.half`;
  writeFileSync(half, `${JSON.stringify(thing, undefined, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(half, target);
}

/** What is remembered under this name, or undefined. */
export function recallStarted<K extends StartedKind>(
  kind: K,
  name: string,
  folder = stateFolder(),
): Started[K] | undefined {
  return listStarted(kind, folder).find((entry) => entry.name === name)?.thing;
}

/** Everything of one kind that is remembered, by name. */
export function listStarted<K extends StartedKind>(
  kind: K,
  folder = stateFolder(),
): { name: string; thing: Started[K] }[] {
  const prefix = `${kind}.`;
  return filesIn(startedFolder(folder))
    .filter((file) => file.startsWith(prefix) && file.endsWith('.json'))
    .sort()
    .map((file) => ({
      name: file.slice(prefix.length, -'.json'.length),
      thing: read(kind, join(startedFolder(folder), file)),
    }));
}

/** Forgets a thing that is gone. */
export function forgetStarted(kind: StartedKind, name: string, folder = stateFolder()): void {
  rmSync(fileOf(kind, name, folder), { force: true });
}

function startedFolder(folder: string): string {
  return join(folder, 'started');
}

function fileOf(kind: StartedKind, name: string, folder: string): string {
  return join(startedFolder(folder), `${kind}.${name}.json`);
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function read<K extends StartedKind>(kind: K, path: string): Started[K] {
  const text = readFileSync(path, 'utf8');
  try {
    return schemas[kind].parse(JSON.parse(text));
  } catch (error) {
    throw new SetUpError({
      what: `The record of something that set-up started cannot be read: ${path}`,
      got: `${JSON.stringify(text.slice(0, 80))} (${reasonOf(error)})`,
      expected: `the JSON of one ${kind}, written by this version`,
      next: 'end what it names by hand (ps, docker ps), remove the file, and run the same command again',
    });
  }
}
