import { connect, createServer, type Socket } from 'node:net';

/**
 * The yardstick: the least a Node process can do between a client and a server. Two plain sockets a client, each chunk written to the other
 * side, and a side that is slow stops the reading of the other (without that a relay is cheaper and of no use). It knows nothing of MySQL.
 * Arguments: the port it relays to. Tells its own port to the process that forked it, and ends with it.
 */
const upstreamPort = Number(process.argv[2]);

function forward(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('close', () => to.destroy());
  from.on('error', () => to.destroy());
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const upstream = connect({ host: '127.0.0.1', port: upstreamPort, noDelay: true, allowHalfOpen: true });
  forward(client, upstream);
  forward(upstream, client);
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  const address = server.address();
  process.send?.({ ready: { port: typeof address === 'object' && address !== null ? address.port : 0 } });
});
process.once('disconnect', () => process.exit(0));
