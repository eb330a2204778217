import { createServer, type IncomingHttpHeaders, type IncomingMessage, request as send, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/* eslint-disable @typescript-eslint/no-explicit-any -- answers as they come, to be broken in any way */

/** How a service could get the protocol wrong. Each part changes what passes; what is absent leaves it alone. */
export interface Fault {
  readonly status?: (status: number) => number;
  readonly headers?: (headers: IncomingHttpHeaders) => void;
  /** Changes a JSON answer; a string is sent as it is. */
  readonly json?: (body: any, asked: any) => unknown;
  /** Changes the data of one event, `[DONE]` included: gives the frames that take its place. */
  readonly event?: (data: any, frame: string, state: Map<string, any>) => readonly string[];
  /** Comment lines of a stream pass. @default true */
  readonly passesComments?: boolean;
  /** Everything of a stream at its end. */
  readonly isBuffered?: boolean;
  readonly neverEnds?: boolean;
  /** Cuts the connection where the stream tells an error. */
  readonly cutsAtError?: boolean;
  /** Does not tell the service that the client has gone. */
  readonly ignoresLeaving?: boolean;
}

export const frame = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/** A spoiler at work. */
export interface SpoilingProxy {
  readonly url: string;
  /** Mistakes of the fault itself, which spoil more than they are meant to. */
  readonly mistakes: readonly unknown[];
  readonly close: () => Promise<void>;
}

/** Stands between a client and a service, and spoils what the service says. */
export async function startSpoiling(upstream: string, fault: Fault): Promise<SpoilingProxy> {
  const mistakes: unknown[] = [];
  const note = (error: unknown): void => {
    if (['TypeError', 'SyntaxError', 'RangeError'].includes((error as Error).name)) mistakes.push(error);
  };
  const server = createServer((request, response) => {
    const failed = (error: unknown): void => {
      note(error);
      response.destroy();
    };
    void pass({ request, response, upstream, fault, failed }).catch(failed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mistakes,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upstream: string;
  readonly fault: Fault;
  readonly failed: (error: unknown) => void;
}

async function pass({ request, response, upstream, fault, failed }: Passage): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { host: _host, ...headers } = request.headers;
  const onward = send(upstream + (request.url ?? ''), { method: request.method, headers, agent: false });
  if (!fault.ignoresLeaving) response.once('close', () => onward.destroy());
  onward.once('error', () => response.destroy());
  onward.once('response', (answer: IncomingMessage) => {
    const isStream = answer.headers['content-type']?.includes('event-stream');
    void (isStream ? passStream(answer, response, fault) : passJson(answer, response, fault, body)).catch(failed);
  });
  onward.end(body);
}

function head(answer: IncomingMessage, response: ServerResponse, fault: Fault): void {
  const headers = { ...answer.headers };
  delete headers['content-length'];
  delete headers['transfer-encoding'];
  fault.headers?.(headers);
  const status = answer.statusCode ?? 500;
  response.writeHead(fault.status?.(status) ?? status, headers);
}

async function passJson(answer: IncomingMessage, response: ServerResponse, fault: Fault, asked: Buffer): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const spoilt = fault.json ? fault.json(JSON.parse(text), asked.length > 0 && asked[0] === 123 ? tryParse(asked.toString()) : {}) : text;
  head(answer, response, fault);
  response.end(typeof spoilt === 'string' ? spoilt : JSON.stringify(spoilt));
}

async function passStream(answer: IncomingMessage, response: ServerResponse, fault: Fault): Promise<void> {
  head(answer, response, fault);
  const state = new Map<string, unknown>();
  const later: string[] = [];
  const write = (text: string): unknown => (fault.isBuffered ? later.push(text) : response.write(text));
  let rest = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) {
    const frames = (rest + (chunk as string)).split('\n\n');
    rest = frames.pop() ?? '';
    for (const each of frames) {
      if (each.startsWith(':')) {
        if (fault.passesComments !== false) write(`${each}\n\n`);
        continue;
      }
      const data: unknown = tryParse(each.slice('data: '.length)) ?? each.slice('data: '.length);
      if (fault.cutsAtError && (data as { error?: unknown }).error) return void response.destroy();
      for (const spoilt of fault.event?.(data, `${each}\n\n`, state) ?? [`${each}\n\n`]) write(spoilt);
    }
  }
  for (const text of later) response.write(text);
  if (!fault.neverEnds) response.end();
}

function tryParse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON, such as [DONE]
  }
}
