// The unit: what Node's own server does, with nothing checked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { answerChat } from './answer-chat.js';
import type { ChatRequest } from './chat.dto.js';
import { port } from './environment.js';
import { tokens } from './stream-events.js';

createServer((request, response) => {
  if (request.url === '/stream') return void stream(response);
  readJson(request, (body) => reply(response, answer(request.url, body)));
}).listen(port, '127.0.0.1');

function answer(url: string | undefined, body: unknown): unknown {
  return url === '/chat' ? answerChat(body as ChatRequest) : { response: (body as { message: string }).message };
}

function readJson(request: IncomingMessage, then: (body: unknown) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => then(chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())));
}

function reply(response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function stream(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for await (const token of tokens()) response.write(`data: ${JSON.stringify(token)}\n\n`);
  response.end();
}
