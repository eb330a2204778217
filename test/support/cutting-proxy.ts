import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';

/** A network between a process and a server of this machine, which a test can take away. */
export interface CuttingProxy {
  readonly port: number;
  /** Closes every connection, and refuses new ones. */
  readonly cut: () => void;
  /** Lets nothing through any more, in neither direction, and says so to nobody: as when a cable is pulled. */
  readonly stall: () => void;
  /** Works again; connections that were stalled go on with what was held back. */
  readonly mend: () => void;
  /** Leads new connections to another port, as an address does that moves; those that stand go on to where they were. */
  readonly lead: (port: number) => void;
  readonly close: () => Promise<void>;
}

/** Stands before a port of 127.0.0.1. */
export async function startCuttingProxy(port: number): Promise<CuttingProxy> {
  let target = port;
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: 'open' | 'cut' | 'stalled' = 'open';
  const server = createServer((client) => {
    if (state === 'cut') return void client.destroy();
    const upstream = createConnection(target, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.pipe(upstream).pipe(client);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        if (state !== 'stalled') for (const each of pair) each.destroy();
      });
      if (state === 'stalled') socket.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const destroyAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    cut: () => {
      state = 'cut';
      destroyAll();
    },
    stall: () => {
      state = 'stalled';
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    mend: () => {
      state = 'open';
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    lead: (other) => {
      target = other;
    },
    close: async () => {
      server.close();
      destroyAll();
      await once(server, 'close');
    },
  };
}
