import { execa } from 'execa';
import { instanceId } from './instance.ts';

const kinds = {
  container: { list: ['ps', '--all', '--format', '{{.Names}}'], remove: ['rm', '--force', '--volumes'] },
  volume: { list: ['volume', 'ls', '--format', '{{.Name}}'], remove: ['volume', 'rm', '--force'] },
  network: { list: ['network', 'ls', '--format', '{{.Name}}'], remove: ['network', 'rm'] },
  image: { list: ['images', '--format', '{{.Repository}}:{{.Tag}}'], remove: ['rmi'] },
} as const;

/** What of Docker's is listed and removed here. */
export type DockerKind = keyof typeof kinds;

/**
 * The name, or the start of the names (followed by a dash), of every container, volume and network that
 * this instance makes.
 */
export function dockerPrefix(id = instanceId()): string {
  return `fdts-ops-${id}`;
}

/** The name of this instance's sandbox host, and of its container. */
export function hostName(): string {
  return `${dockerPrefix()}-host`;
}

/** Whether a Docker object of that name belongs to the instance. */
export function isOfInstance(name: string, id = instanceId()): boolean {
  const prefix = dockerPrefix(id);
  return name === prefix || name.startsWith(`${prefix}-`);
}

/** The names of all objects of one kind that this engine has. */
export async function listDockerNames(kind: DockerKind): Promise<string[]> {
  const { stdout } = await execa('docker', kinds[kind].list);
  return stdout.split('\n').filter(Boolean);
}

/** Removes objects by name; gives back the problem of each that could not be removed. */
export async function removeDockerObjects(kind: DockerKind, names: string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const name of names) {
    const { exitCode, stderr } = await execa('docker', [...kinds[kind].remove, name], { reject: false });
    if (exitCode !== 0) problems.push(`${kind} ${name}: ${(stderr ?? '').trim()}`);
  }
  return problems;
}
