import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { ResponseTaking } from './response-taking.js';

describe(ResponseTaking.name, () => {
  const one = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
  const taking = new ResponseTaking();
  let server: Server;
  let app: FastifyInstance;

  /** What comes back for the text of some requests. */
  const ask = async (port: number, requests: string): Promise<string> => text(connect(port, '127.0.0.1').end(requests));

  describe('from Express', () => {
    let answer: (response: ServerResponse, request: IncomingMessage) => void;

    beforeEach((done) => {
      server = createServer((request, response) => answer(response, request)).listen(0, '127.0.0.1', done);
    });
    afterEach((done) => void server.close(done));

    const port = (): number => (server.address() as AddressInfo).port;

    it('is the response itself', async () => {
      answer = (response) => void response.end(String(taking.take(response) === response));
      expect(await ask(port(), one)).toContain('true');
    });

    it('leaves to the adapter what has been answered', async () => {
      answer = (response) => {
        response.writeHead(200);
        response.end(String(taking.take(response) === undefined));
      };
      expect(await ask(port(), one)).toContain('true');
    });

    it('leaves HEAD to the adapter, and what waits for its turn on a connection', async () => {
      const taken: unknown[] = [];
      answer = (response) => {
        taken.push(taking.take(response) === response);
        setImmediate(() => response.end());
      };
      await ask(port(), one.replace('GET', 'HEAD'));
      await ask(port(), one.replace('close', 'keep-alive') + one);
      expect(taken).toEqual([false, true, false]);
    });
  });

  describe('from Fastify', () => {
    const reply = async (method = 'GET'): Promise<string> => {
      await app.listen({ port: 0, host: '127.0.0.1' });
      return ask((app.server.address() as AddressInfo).port, one.replace('GET', method));
    };
    const answer = (_request: unknown, given: FastifyReply): unknown => {
      given.header('x-both', 'of the reply').header('x-list', ['a', 'b']);
      const raw = taking.take(given);
      return raw ? void raw.end('taken') : 'left';
    };

    beforeEach(() => {
      app = fastify();
      app.addHook('onRequest', (_request, { raw }, done) => {
        raw.setHeader('x-raw', 'kept').setHeader('x-both', 'of the response');
        done();
      });
      app.get('/', answer);
    });
    afterEach(() => app.close());

    it('brings all headers, and is over for Fastify but for its onResponse hooks', async () => {
      const responded: number[] = [];
      app.addHook('onResponse', (_request, given, done) => {
        responded.push(given.statusCode);
        done();
      });
      const wire = await reply();
      for (const line of ['x-raw: kept', 'x-both: of the reply', 'x-list: a', 'x-list: b', 'taken']) expect(wire).toContain(line);
      expect(responded).toEqual([200]);
    });

    it('is left where a hook looks at what is sent', async () => {
      const sent: unknown[] = [];
      app.addHook('onSend', (_request, _reply, payload, done) => {
        sent.push(payload);
        done(null, payload);
      });
      expect(await reply()).toContain('left');
      expect(sent).toEqual(['left']);
    });

    it('is left where trailers are to follow', async () => {
      app.addHook('onRequest', (_request, given, done) => {
        given.trailer('x-end', (_r, _p, trailed) => trailed(null, 'end'));
        done();
      });
      expect(await reply()).toContain('left');
    });

    it('is left to the answer of HEAD', async () => {
      expect(await reply('HEAD')).toContain('content-length: 4');
    });
  });
});
