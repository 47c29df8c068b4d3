import { ensureBaseImage } from '../sandbox/images/base-image.ts';
import { withLock } from '../sandbox/with-lock.ts';
import { missingNeeds, needs } from './debian-needs.mjs';
import { ensureDebianPackages } from './debian-packages.ts';
import { say } from './say.ts';

/**
 * Makes sure of the image that all images of the sandbox are built on, whoever started the engine; installs
 * debootstrap where no registry has it.
 */
export async function ensureSandboxBase(): Promise<void> {
  await withLock('host-snapshot', () => ensureBaseImage(say, installTools));
}

function installTools(): Promise<void> {
  return ensureDebianPackages(missingNeeds(needs.baseImage), "The sandbox's base image");
}
