import { join } from 'node:path';
import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import { withLock } from '../../sandbox/with-lock.ts';
import { bringUp } from '../../setup/bring-up.ts';
import { checkoutRoot, instanceId } from '../../setup/instance.ts';
import { say } from '../../setup/say.ts';
import { setRehearsal } from '../../setup/set-rehearsal.ts';
import { takeDown } from '../../setup/take-down.ts';

/** What tests are told of the environment that was brought up for them. */
interface Provided {
  /** Whose recorded state says the rest. */
  readonly instance: string;
  readonly address: string;
  readonly namespace: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    environment: Provided;
  }
}

/** Brings up server, sandbox host and workers, once for all system tests; gives what takes them down again. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  // A host gets the built program: what is tested is what was built from the sources here.
  await execa(process.execPath, ['--import', 'tsx', join(checkoutRoot, 'setup', 'build.ts')], {
    cwd: checkoutRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  try {
    // Two lanes of tests that begin at once must not choose the same port.
    const { server, host } = await withLock('bring-up', () => bringUp({ useGiven: false }));
    await setRehearsal(host, false);
    const { address, namespace } = server;
    project.provide('environment', { instance: instanceId(), address, namespace });
  } catch (error) {
    await tearDown();
    throw error;
  }
  return tearDown;
}

async function tearDown(): Promise<void> {
  const { problems } = await takeDown({ keepCache: true });
  for (const problem of problems) say(`NOT removed: ${problem}`);
}
