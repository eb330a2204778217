import { Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ClientRequest } from 'node:http';
import { connect } from 'node:net';

/** One request as it goes over the wire: nothing is added to it but what HTTP needs. */
export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
  /** Sends the body without a declared length. @default false */
  readonly isChunked?: boolean;
}

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever was answered, for a test to look into
}

/** Sends one request on a connection of its own and reads the whole answer. */
export async function send(url: string, init: RawRequest): Promise<RawReply> {
  const { outgoing, reply } = open(url, init);
  const incoming = await reply;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  outgoing.destroy();
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: parsed(text) };
}

/** Sends one request and hands out its answer unread, for tests that read slowly, in part or not at all. */
export function open(url: string, { method = 'POST', path, headers = {}, body, isChunked = false }: RawRequest): OpenRequest {
  const { hostname, port } = new URL(url);
  const declared = body === undefined || isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const outgoing = request({ hostname, port, path, method, agent: new Agent(), headers: { ...declared, ...headers } });
  const reply = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  // An upload that is refused half way may end in a reset, after the answer has come.
  outgoing.on('error', () => undefined);
  if (isChunked && body !== undefined) outgoing.write(body);
  outgoing.end(isChunked ? undefined : body);
  return { outgoing, reply };
}

export interface OpenRequest {
  readonly outgoing: ClientRequest;
  readonly reply: Promise<IncomingMessage>;
}

/** Writes bytes to the server as they are and reads what comes until it closes. */
export function sendBytes(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // not every answer is JSON; tests that expect it look at `json`
  }
}
