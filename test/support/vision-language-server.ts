import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the server was sent. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever a client sent
  /** Whether the client closed the connection before the answer was whole. */
  isLeft: boolean;
}

/** How the next answer goes wrong. */
export type Misbehaviour =
  | { readonly kind: 'status'; readonly status: number; readonly message?: string; readonly headers?: Record<string, string> }
  /** Takes the request and says nothing. */
  | { readonly kind: 'hang' }
  /** Closes the connection at once, or after so many chunks. */
  | { readonly kind: 'cut'; readonly afterChunks?: number }
  /** Ends a stream as if it were whole, without its finish reason. */
  | { readonly kind: 'unfinished' }
  /** Tells an error in the middle of a stream. */
  | { readonly kind: 'error-event' }
  /** Answers with this text, and 200. */
  | { readonly kind: 'text'; readonly text: string; readonly type?: string; readonly status?: number }
  /** Waits so long before each chunk. */
  | { readonly kind: 'slow'; readonly ms: number };

/** A server of OpenAI's protocol with a vision-language model of no great mind: it tells what it was shown, word by word. */
export interface VisionLanguageServer {
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
  /** What the next requests meet, one each, in this order. */
  readonly misbehave: (...how: readonly Misbehaviour[]) => void;
  /** Chunks written so far, over all requests. */
  readonly written: () => number;
  readonly close: () => Promise<void>;
}

export async function startVisionLanguageServer(): Promise<VisionLanguageServer> {
  const requests: SeenRequest[] = [];
  const plans: Misbehaviour[] = [];
  const count = { written: 0 };
  const server = createServer((request, response) => {
    void answer(request, response, { requests, plans, count }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    misbehave: (...how) => void plans.splice(0, plans.length, ...how),
    written: () => count.written,
    close: () => close(server),
  };
}

/** Asked for at the start and by health checks: no request of a client. */
const MODELS = { object: 'list', data: [{ id: 'qwen-vl', object: 'model' }] };

interface ServerState {
  readonly requests: SeenRequest[];
  readonly plans: Misbehaviour[];
  readonly count: { written: number };
}

async function answer(request: IncomingMessage, response: ServerResponse, { requests, plans, count }: ServerState): Promise<void> {
  if (request.method === 'GET' && request.url === '/v1/models') {
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(MODELS));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as SeenRequest['body'];
  const seen: SeenRequest = { path: request.url ?? '', headers: request.headers, body, isLeft: false };
  requests.push(seen);
  response.once('close', () => (seen.isLeft = !response.writableFinished));
  const plan = plans.shift();
  if (plan?.kind === 'hang') return;
  if (plan?.kind === 'status') {
    const error = { message: plan.message ?? 'no', type: 'some_error', param: null, code: 'some_code' };
    return void response.writeHead(plan.status, { 'content-type': 'application/json', ...plan.headers }).end(JSON.stringify({ error }));
  }
  if (plan?.kind === 'text')
    return void response.writeHead(plan.status ?? 200, { 'content-type': plan.type ?? 'application/json' }).end(plan.text);
  const refusal = faultOf(body);
  if (refusal)
    return void response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: refusal } }));
  const words = replyTo(body).split(/(?<= )/);
  if (body.stream === true) return stream(words, response, { plan, count, seen });
  if (plan?.kind === 'cut') return void response.destroy();
  if (plan?.kind === 'slow') await sleep(plan.ms);
  const message = { role: 'assistant', content: words.join('') };
  const usage = { prompt_tokens: 91, completion_tokens: words.length, total_tokens: 91 + words.length };
  const completion = { id: 'cmpl-1', object: 'chat.completion', created: 1, model: body.model, usage };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...completion, choices: [{ index: 0, message, finish_reason: 'stop' }] }));
}

async function stream(
  words: readonly string[],
  response: ServerResponse,
  { plan, count, seen }: { plan: Misbehaviour | undefined; count: ServerState['count']; seen: SeenRequest },
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (data: object): void => {
    response.write(
      `data: ${JSON.stringify({ id: 'cmpl-1', object: 'chat.completion.chunk', created: 1, model: seen.body.model, ...data })}\n\n`,
    );
    count.written++;
  };
  const choice = (delta: object, reason: string | null = null): object => ({ choices: [{ index: 0, delta, finish_reason: reason }] });
  if (plan?.kind === 'cut' && plan.afterChunks === undefined) return void response.destroy();
  send(choice({ role: 'assistant', content: '' }));
  for (const [index, content] of words.entries()) {
    if (seen.isLeft) return;
    if (plan?.kind === 'slow') await sleep(plan.ms);
    if (plan?.kind === 'cut' && index === plan.afterChunks) {
      await sleep(20); // what was written has left
      return void response.destroy();
    }
    if (plan?.kind === 'error-event' && index === 1) {
      response.end(`data: ${JSON.stringify({ error: { message: 'gpu 3 is lost', type: 'server_error', param: null, code: null } })}\n\n`);
      return;
    }
    send(choice({ content }));
  }
  if (plan?.kind === 'unfinished') return void response.end('data: [DONE]\n\n');
  send(choice({}, 'stop'));
  if (seen.body.stream_options?.include_usage)
    send({ choices: [], usage: { prompt_tokens: 91, completion_tokens: words.length, total_tokens: 91 + words.length } });
  response.end('data: [DONE]\n\n');
}

/** Such servers take image parts of either form and nothing else beside text. */
function faultOf({ model, messages }: SeenRequest['body']): string | undefined {
  if (typeof model !== 'string') return 'no model';
  if (!Array.isArray(messages) || messages.length === 0) return 'no messages';
  const parts = (messages as { content: unknown }[]).flatMap(({ content }) => (Array.isArray(content) ? (content as Part[]) : []));
  const bad = parts.find((part) => !['text', 'image', 'image_url'].includes(part.type) || part[part.type] === undefined);
  return bad && `bad part ${JSON.stringify(bad)}`;
}

type Part = Readonly<Record<string, unknown>> & { readonly type: string };

function replyTo({ messages }: SeenRequest['body']): string {
  const { content } = (messages as { content: string | Part[] }[])[messages.length - 1];
  const parts = typeof content === 'string' ? [{ type: 'text', text: content } as Part] : content;
  const images = parts.filter(({ type }) => type !== 'text').length;
  const text = parts.map((part) => (part['text'] as string | undefined) ?? '').join('');
  return `I see ${images} images. 您问: ${text} 🧾 thank you`;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
