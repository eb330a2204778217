import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runClosedLoad } from './closed-load.js';
import { runOpenLoad } from './open-load.js';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a closed load', () => {
  it('sends so many requests in turn, and counts each answer once', async () => {
    const paths: (string | undefined)[] = [];
    const port = await serve(({ url }, response) => {
      paths.push(url);
      response.writeHead(url === '/bad' ? 400 : 200).end('answer');
    });
    const requests = [
      { path: '/good', body: '{}' },
      { path: '/bad', body: '{}' },
    ];
    const result = await runClosedLoad({ kind: 'closed', port, requests, durationMs: 60_000, clients: 4, maxRequests: 100 });
    expect([result.sent, result.lost, result.late, result.statuses]).toEqual([100, 0, 0, { '200': 50, '400': 50 }]);
    expect(paths.filter((path) => path === '/bad')).toHaveLength(50);
    expect(result.latencyMs.p50).toBeGreaterThan(0);
  });

  it('sends the body as it is', async () => {
    const bodies: string[] = [];
    const port = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on('end', () => response.end());
    });
    const requests = [{ path: '/', body: '{"message":"hello"}' }];
    await runClosedLoad({ kind: 'closed', port, requests, durationMs: 60_000, clients: 1, maxRequests: 2 });
    expect(bodies).toEqual(['{"message":"hello"}', '{"message":"hello"}']);
  });

  it('counts the same when it stays awake, and sleeps when it is over', async () => {
    const immediates = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Immediate').length;
    const before = immediates();
    const port = await serve((_request, response) => void setTimeout(() => response.end(), 5));
    const requests = [{ path: '/' }];
    const result = await runClosedLoad({ kind: 'closed', port, requests, durationMs: 60_000, clients: 2, maxRequests: 6, isAwake: true });
    expect([result.sent, result.lost, result.statuses]).toEqual([6, 0, { '200': 6 }]);
    await new Promise(setImmediate);
    expect(immediates()).toBe(before);
  });

  it('counts connections that are cut', async () => {
    const port = await serve((request) => request.socket.destroy());
    const requests = [{ path: '/', body: '{}' }];
    const result = await runClosedLoad({ kind: 'closed', port, requests, durationMs: 60_000, clients: 3, maxRequests: 3 });
    expect([result.sent, result.lost, result.statuses]).toEqual([3, 3, {}]);
  });
});

describe('an open load', () => {
  const open = {
    kind: 'open',
    requests: [{ path: '/', body: '{}' }],
    perSecond: 200,
    durationMs: 300,
    settleMs: 0,
    deadlineMs: 60_000,
  } as const;

  it('sends at its rate, without waiting for answers, and ends when all have come', async () => {
    const held: (() => void)[] = [];
    const port = await serve((_, response) => {
      held.push(() => response.end('late but in time'));
      if (held.length === 60) for (const answer of held) answer();
    });
    const result = await runOpenLoad({ ...open, port });
    expect([result.sent, result.late, result.statuses]).toEqual([60, 0, { '200': 60 }]);
  });

  it('hangs up at the deadline, and counts who did', async () => {
    const port = await serve(() => undefined);
    const result = await runOpenLoad({ ...open, port, deadlineMs: 50 });
    expect([result.sent, result.late, result.statuses]).toEqual([60, 60, {}]);
  });

  it('leaves out what is sent while it settles', async () => {
    let received = 0;
    const port = await serve((_, response) => {
      received++;
      response.end();
    });
    const result = await runOpenLoad({ ...open, port, settleMs: 100 });
    expect([received, result.sent]).toEqual([80, 60]);
  });
});
