import { displayCommand } from '../adapters/command/command.ts';
import { composeUp } from '../adapters/compose/compose.ts';
import { OperationError, withHint } from '../adapters/operation-error.ts';
import type { Host } from '../host.ts';

/**
 * The command by which a person starts services that have no container. Its project and files are named: a bare `up`
 * could make a second project on the same data, and whatever the services depend on would be made anew.
 */
export async function startByHand(
  { project }: Pick<Host, 'project'>,
  services: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  try {
    return displayCommand(composeUp(await project(signal), services, { noBuild: true, noDeps: true }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    return `with compose, but no command can be given: ${withHint(error)}`;
  }
}
