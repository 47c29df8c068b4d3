import { docker } from '../docker.ts';

/** Whether this machine's engine has an image under this reference. */
export async function imageExists(reference: string): Promise<boolean> {
  return (await docker(['image', 'inspect', reference], { check: false })).exitCode === 0;
}
