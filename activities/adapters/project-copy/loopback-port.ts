import { connect, createServer, type Socket } from 'node:net';

/** A port on loopback, open while it is needed. */
export type LoopbackPort = { readonly origin: string; close(): void };

/**
 * Opens a free port on loopback that leads to a container of a copy: nothing of a copy is published, and an app that
 * looks at the name by which it is called is called as on the live host.
 */
export const openLoopbackPort = async (host: string, port: number): Promise<LoopbackPort> => {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, host);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      // The other side then ends too: whoever asked sees a connection that was closed.
      socket.on('error', () => [near, far].forEach((side) => side.destroy()));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${own}`,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
};
