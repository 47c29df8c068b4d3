import type Docker from 'dockerode';
import { dockerFailure } from './failure.ts';

/** What the engine knows of a container; raw, with its secrets: only for a file that nobody else can read. */
export const evidenceOperations = (docker: Docker) => ({
  /** All of `docker inspect`. */
  rawInspect: async (id: string): Promise<string> => {
    try {
      return `${JSON.stringify(await docker.getContainer(id).inspect(), null, 1)}\n`;
    } catch (error) {
      throw dockerFailure('rawInspect', id, error);
    }
  },

  /** How much an export of it takes, in bytes. */
  exportBytes: async (id: string): Promise<number> => {
    try {
      const [found] = await docker.listContainers({ all: true, size: true, filters: { id: [id] } });
      return found !== undefined && 'SizeRootFs' in found ? Number(found.SizeRootFs) : 0;
    } catch (error) {
      throw dockerFailure('exportBytes', id, error);
    }
  },

  /** What differs from its image, as `docker diff` prints it: A added, C changed, D deleted. */
  changes: async (id: string): Promise<string> => {
    try {
      const answer: unknown = await docker.getContainer(id).changes();
      const changes: readonly Change[] = Array.isArray(answer) ? answer : [];
      return changes.map(({ Kind, Path }) => `${KINDS[Kind] ?? Kind} ${Path}\n`).join('');
    } catch (error) {
      throw dockerFailure('changes', id, error);
    }
  },

  /** Its whole file system as a tar, as `docker export` writes it. */
  exportFiles: async (id: string): Promise<AsyncIterable<Uint8Array>> => {
    try {
      const stream = await docker.getContainer(id).export();
      return streamOf(stream);
    } catch (error) {
      throw dockerFailure('exportFiles', id, error);
    }
  },
});

interface Change {
  readonly Kind: number;
  readonly Path: string;
}

const KINDS: readonly string[] = ['C', 'A', 'D'];

async function* streamOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield Buffer.from(chunk);
}
