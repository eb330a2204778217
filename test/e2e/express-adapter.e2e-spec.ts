import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Body,
  Controller,
  Get,
  Header,
  type INestApplication,
  Module,
  type NestApplicationOptions,
  Param,
  Post,
  Redirect,
  Req,
  Res,
  StreamableFile,
  UploadedFile,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, FileInterceptor, type NestExpressApplication } from '@nestjs/platform-express';
import express, { type Request, type Response as ExpressResponse } from 'express';
import helmet from 'helmet';
import { StageExpressAdapter } from 'nestage/express';

@Controller()
class TableController {
  @Post('echo')
  echo(@Body() body: unknown) {
    return body;
  }

  @Get('value')
  value() {
    return { some: 'value', nested: [1, { two: 2 }], when: new Date(0) };
  }

  @Get('text')
  text() {
    return 'plain text';
  }

  @Post('nothing')
  nothing() {
    return undefined;
  }

  @Post('list')
  list() {
    return [1, 2, 3];
  }

  @Get('request')
  request(@Req() request: Request) {
    const { ip, ips, protocol, hostname, path, originalUrl, xhr, secure, query } = request;
    return { ip, ips, protocol, hostname, path, originalUrl, xhr, secure, query, get: request.get('X-Probe'), is: request.is('json') };
  }

  @Get('cookie')
  cookie(@Res({ passthrough: true }) response: ExpressResponse) {
    response.cookie('name', 'välue', { httpOnly: true, maxAge: 1000, path: '/' }).vary('x-one');
    return { ok: true };
  }

  @Get('moved')
  @Redirect('/value', 302)
  moved() {
    return undefined;
  }

  @Get('download')
  download(@Res() response: ExpressResponse) {
    response.attachment('näme.txt').send('content');
  }

  @Get('file')
  @Header('x-file', 'yes')
  file() {
    return new StreamableFile(Buffer.from('bytes'), { type: 'application/x-bytes' });
  }

  @Post('upload')
  @UseInterceptors(FileInterceptor('file'))
  upload(@UploadedFile() file: { originalname: string; size: number }) {
    return { name: file.originalname, size: file.size };
  }

  @Post('typed')
  @Header('content-type', 'application/problem+json')
  typed() {
    return { title: 'problem' };
  }

  @Post('fail')
  fail() {
    throw new Error('unknown');
  }

  @Get('params/:id')
  params(@Param('id') id: string) {
    return { id };
  }
}

@Module({ controllers: [TableController] })
class TableModule {}

type Make = () => ExpressAdapter;
const ADAPTERS: Record<'plain' | 'ours', Make> = { plain: () => new ExpressAdapter(), ours: () => new StageExpressAdapter() };

async function start(
  make: Make,
  options: NestApplicationOptions = {},
  configure?: (app: NestExpressApplication) => void,
): Promise<[INestApplication, string]> {
  const app = await NestFactory.create<NestExpressApplication>(TableModule, make(), { logger: false, ...options });
  configure?.(app);
  await app.listen(0, '127.0.0.1');
  return [app, `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`];
}

const CASES: readonly [string, string, RequestInit?][] = [
  ['a value', '/value'],
  ['a text', '/text'],
  ['a body', '/echo', json({ a: [1, { b: 'ü' }] })],
  ['nothing', '/nothing', { method: 'POST' }],
  ['a list', '/list', { method: 'POST' }],
  [
    'what a request says',
    '/request?a=1&a=2',
    { headers: { 'x-probe': 'probe', 'x-forwarded-for': '10.1.2.3', 'x-requested-with': 'XMLHttpRequest' } },
  ],
  ['a cookie', '/cookie'],
  ['a redirect', '/moved', { redirect: 'manual' }],
  ['a download', '/download'],
  ['a file', '/file'],
  ['HEAD', '/value', { method: 'HEAD' }],
  ['OPTIONS', '/value', { method: 'OPTIONS' }],
  ['404', '/nowhere'],
  ['malformed JSON', '/echo', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{bad' }],
  ['its own content type', '/typed', { method: 'POST' }],
  ['an unknown error', '/fail', { method: 'POST' }],
  ['an encoded parameter', '/params/a%2Fb%20c'],
  ['a broken parameter', '/params/%E0%A4%A'],
  ['a mounted app', '/mounted/inside?x=1'],
];

function json(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** An answer without what differs between any two: date, port; ETags of other than GET answers, which ours leaves out. */
async function answer(url: string, path: string, init: RequestInit = {}): Promise<object> {
  const response = await fetch(url + path, init);
  const headers = Object.fromEntries(response.headers);
  delete headers['date'];
  if (init.method === 'POST') delete headers['etag'];
  return { status: response.status, headers, body: (await response.text()).replaceAll(url, '') };
}

function configure(app: NestExpressApplication): void {
  app.set('trust proxy', true);
  app.use(helmet());
  app.enableCors();
  const mounted = express();
  mounted.get(
    '/inside',
    (request, response) => void response.json({ base: request.baseUrl, app: request.app === mounted, query: request.query }),
  );
  app.use('/mounted', mounted);
}

describe('StageExpressAdapter', () => {
  describe('answers as the plain adapter does', () => {
    const apps: INestApplication[] = [];
    const urls: Record<string, string> = {};
    beforeAll(async () => {
      for (const [name, make] of Object.entries(ADAPTERS)) {
        const [app, url] = await start(make, {}, configure);
        apps.push(app);
        urls[name] = url;
      }
    });
    afterAll(() => Promise.all(apps.map((app) => app.close())));

    it.each(CASES.map(([name, path, init]) => ({ name, path, init })))('$name', async ({ path, init }) => {
      expect(await answer(urls['ours'], path, init)).toEqual(await answer(urls['plain'], path, init));
    });

    it('an upload', async () => {
      const bodies = await Promise.all(
        Object.values(urls).map(async (url) => {
          const form = new FormData();
          form.append('file', new Blob(['12345']), 'five.txt');
          return (await fetch(`${url}/upload`, { method: 'POST', body: form })).json();
        }),
      );
      expect(bodies).toEqual([bodies[0], bodies[0]]);
      expect(bodies[0]).toEqual({ name: 'five.txt', size: 5 });
    });

    it('a conditional GET', async () => {
      for (const url of Object.values(urls)) {
        const etag = (await fetch(`${url}/value`)).headers.get('etag') ?? '';
        // not by fetch, which says `cache-control: no-cache` of its own accord
        const status = await new Promise((resolve) =>
          httpGet(`${url}/value`, { headers: { 'if-none-match': etag } }, (response) => resolve(response.resume().statusCode)),
        );
        expect(status).toBe(304);
      }
    });
  });

  it('shows patches of the request prototype that are made after its creation', async () => {
    const [app, url] = await start(ADAPTERS.ours, {}, (nest) => {
      nest.use((request: { probe?: string }, _response: unknown, next: () => void) => {
        expect(request.probe).toBe('patched');
        next();
      });
    });
    Object.defineProperty(express.request, 'probe', { get: () => 'patched', configurable: true });
    try {
      expect((await fetch(`${url}/value`)).status).toBe(200);
    } finally {
      delete (express.request as { probe?: string }).probe;
      await app.close();
    }
  });

  it('writes values with other JSON settings as Express does', async () => {
    const [app, url] = await start(ADAPTERS.ours, {}, (nest) => void nest.set('json spaces', 2));
    expect(await (await fetch(`${url}/list`, { method: 'POST' })).text()).toBe('[\n  1,\n  2,\n  3\n]');
    await app.close();
  });

  it('closes open connections when asked to', async () => {
    const [app, url] = await start(ADAPTERS.ours, { forceCloseConnections: true });
    await (await fetch(`${url}/value`)).text();
    await app.close(); // would wait for the client's idle connection otherwise
  });

  it('answers 503 while it closes when asked to', async () => {
    const [app, url] = await start(ADAPTERS.ours, { return503OnClosing: true });
    (app.getHttpAdapter() as unknown as { isShuttingDown: boolean }).isShuttingDown = true;
    expect((await fetch(`${url}/value`)).status).toBe(503);
    await app.close();
  });

  it('serves https', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nestage-tls-'));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-out', certFile, ...subject], {
      stdio: 'ignore',
    });
    const httpsOptions = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
    rmSync(folder, { recursive: true });
    const [app] = await start(ADAPTERS.ours, { httpsOptions });
    const { port } = app.getHttpServer().address() as AddressInfo;
    const body = await new Promise<string>((resolve, reject) => {
      httpsRequest({ port, host: '127.0.0.1', path: '/request', rejectUnauthorized: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
      })
        .on('error', reject)
        .end();
    });
    expect(JSON.parse(body)).toMatchObject({ secure: true, protocol: 'https' });
    await app.close();
  });
});
