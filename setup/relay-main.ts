import { connect, createServer } from 'node:net';

// Passes every connection on: usage relay-main.ts LISTEN_ADDRESS LISTEN_PORT TARGET_HOST TARGET_PORT.
const [listenAddress, listenPort, targetHost, targetPort] = process.argv.slice(2);

createServer((client) => {
  const target = connect(Number(targetPort), targetHost);
  client.pipe(target).pipe(client);
  // One side gone means both: the peers reconnect by themselves, also while the server is being started again.
  for (const side of [client, target])
    side.on('error', () => {
      client.destroy();
      target.destroy();
    });
  client.on('close', () => target.destroy());
  target.on('close', () => client.destroy());
}).listen(Number(listenPort), listenAddress);
