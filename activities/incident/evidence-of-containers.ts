import path from 'node:path';
import { textSource } from '../adapters/evidence/evidence-folder.ts';
import { tarHashes } from '../adapters/evidence/tar-hashes.ts';
import { diskUsage } from '../adapters/machine/host-facts.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Host } from '../host.ts';
import type { Gathering } from './gather-evidence.ts';

/** Left free on the disk of the evidence: FDTS, its logs and the journal need some. */
const RESERVE_BYTES = 512 * 1024 * 1024;

/** Everything that is gone once the containers are made anew. */
export async function containerEvidence({ config, docker }: Host, gathering: Gathering): Promise<void> {
  const { folder, take, context, lines } = gathering;
  const containers = await docker.projectContainers(config.project.name);
  for (const { id, name } of containers) {
    await take({ file: `containers/${name}.inspect.json`, how: `docker inspect ${id}` }, async () =>
      textSource(await docker.rawInspect(id)),
    );
    await take({ file: `containers/${name}.diff.txt`, how: `docker diff ${id}` }, async () =>
      textSource(await docker.changes(id)),
    );
  }
  lines.push(await roomFor(docker, containers, folder));
  for (const { id, name } of containers) {
    const file = `containers/${name}.tar`;
    await take({ file, how: `docker export ${id}` }, () => docker.exportFiles(id));
    if ((await folder.known(file)) === null) continue;
    await take({ file: `containers/${name}.files.jsonl`, how: `sha256 of every file in ${file}` }, async () =>
      tarHashes(path.join(folder.folder, file), context.signal),
    );
  }
}

/** Says before the first byte that the exports do not fit, rather than fill the disk that FDTS lives on. */
async function roomFor(
  docker: Host['docker'],
  containers: readonly { readonly id: string; readonly name: string }[],
  folder: Gathering['folder'],
): Promise<string> {
  let needed = 0;
  for (const { id, name } of containers) {
    if ((await folder.known(`containers/${name}.tar`)) === null) needed += await docker.exportBytes(id);
  }
  const { freeBytes } = await diskUsage(folder.folder);
  if (freeBytes - RESERVE_BYTES >= needed)
    return `room for the exports: ${needed} bytes needed, ${freeBytes} free`;
  throw new OperationError({
    code: 'NO_ROOM_FOR_EVIDENCE',
    operation: 'preserveContainers',
    target: folder.folder,
    cause: `the exports of the containers need ${needed} bytes, ${freeBytes} are free and ${RESERVE_BYTES} of them stay free`,
    hint: 'Free space there and answer retry. Answer skip to go on without the file systems of the containers: they are gone once the services are made anew.',
    retryable: false,
  });
}
