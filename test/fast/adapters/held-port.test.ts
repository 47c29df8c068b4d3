import { expect, it } from 'vitest';
import type { RunningContainer } from '../../../activities/adapters/docker/containers.ts';
import { startWithFreePorts } from '../../../activities/adapters/docker/held-port.ts';

const HELD =
  'startContainer app: driver failed programming external connectivity on endpoint fdts_app_1 (10cf): Bind for 127.0.0.1:3001 failed: port is already allocated';

/** An engine that refuses the first start with this message. */
async function start(message: string, running: readonly RunningContainer[]) {
  const did: string[] = [];
  const ports = {
    project: 'fdts',
    runningContainers: async () => running,
    restartEngine: async () => void did.push('restart'),
    tell: (line: string) => void did.push(line),
  };
  const once = async () => {
    did.push('start');
    if (did.length === 1) throw new Error(message);
  };
  const error = await startWithFreePorts(ports, once).then(
    () => null,
    (caught: unknown) => caught,
  );
  return { did, error };
}

it('restarts the engine for a port that no running container has, and starts once more', async () => {
  const ours = { name: 'fdts_backup_1', project: 'fdts', ports: [] };
  const { did, error } = await start(HELD, [ours]);
  expect(error).toBeNull();
  expect(did).toEqual(['start', expect.stringContaining('port 127.0.0.1:3001'), 'restart', 'start']);
});

it('leaves the engine alone where somebody has the port', async () => {
  const { did, error } = await start(HELD, [{ name: 'web', project: null, ports: [3001] }]);
  expect(did).toEqual(['start']);
  expect(error).toMatchObject({ message: HELD });
});

it('leaves the restart to a person where it would interrupt others, and names them', async () => {
  const { did, error } = await start(HELD, [{ name: 'shop_web_1', project: 'shop', ports: [8080] }]);
  expect(did).toEqual(['start']);
  expect(error).toMatchObject({
    code: 'PORT_HELD_BY_ENGINE',
    hint: expect.stringMatching(/sudo systemctl restart docker\.service.*shop_web_1/),
  });
});

it('leaves the engine alone when a start fails for another reason', async () => {
  const { did, error } = await start('no such image', []);
  expect(did).toEqual(['start']);
  expect(error).toMatchObject({ message: 'no such image' });
});
