import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { findUpstreamTrouble, type UpstreamTrouble } from './upstream-trouble.js';
import { VisionLanguageModel } from './vision-language-model.js';

/** A server that answers so to everything; it is silent without a status. */
let answer: { readonly status?: number; readonly body?: string } = {};
let server: Server;

beforeAll(async () => {
  server = createServer((_, response) => {
    if (answer.status === undefined) return;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body ?? '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const client = (port = (server.address() as AddressInfo).port): OpenAI =>
  new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'k', maxRetries: 0 });

const trouble = (model: string, signal = new AbortController().signal): Promise<UpstreamTrouble | undefined> =>
  findUpstreamTrouble(client(), model, signal);

const listOf = (...ids: string[]): string => JSON.stringify({ object: 'list', data: ids.map((id) => ({ id, object: 'model' })) });

describe('the trouble of an upstream server', () => {
  it.each<[string, string]>([
    ['lists the model', listOf('a', 'llama3.2')],
    ['lists it with a tag, as Ollama does', listOf('llama3.2:latest')],
    ['lists nothing', listOf()],
    ['has a list of its own kind', '{"models":[1]}'],
    ['has a list without ids', '{"data":[null,{},7]}'],
    ['answers what is no JSON', 'hello'],
  ])('is none when it %s', async (_, body) => {
    answer = { status: 200, body };
    expect(await trouble('llama3.2')).toBeUndefined();
  });

  it.each([500, 405, 429])('is none that would be known from a %d', async (status) => {
    answer = { status };
    expect(await trouble('m')).toBeUndefined();
  });

  it.each<[string, typeof answer, RegExp, boolean]>([
    [
      'a model that it does not list',
      { status: 200, body: listOf('a', 'b') },
      /^does not list .* m: set UPSTREAM_MODEL to one of a, b$/,
      false,
    ],
    ['one of many', { status: 200, body: listOf(...'abcdefghij') }, /one of a, b, c, d, e, f, g, h \.\.\.$/, false],
    ['an address without its version', { status: 404 }, /^knows no \/models \(404\): UPSTREAM_BASE_URL ends with/, false],
    ['no key', { status: 401 }, /^refuses the key \(401\): set UPSTREAM_API_KEY$/, true],
    ['another key', { status: 403 }, /^refuses the key \(403\)/, true],
  ])('is %s, and what to set', async (_, given, text, isCertain) => {
    answer = given;
    expect(await trouble('m')).toEqual({ text: expect.stringMatching(text), isCertain });
  });

  it('is that nobody listens, or says a word', async () => {
    const { port } = await freePort();
    expect(await findUpstreamTrouble(client(port), 'm', new AbortController().signal)).toEqual({
      text: 'can not be reached (ECONNREFUSED): start it, or correct UPSTREAM_BASE_URL',
      isCertain: true,
    });
    answer = {};
    expect(await trouble('m', AbortSignal.timeout(50))).toEqual({ text: expect.stringContaining('does not answer'), isCertain: true });
  });
});

describe('the health of an upstream model', () => {
  const { signal } = new AbortController();
  const health = (): Promise<unknown> => {
    const { port } = server.address() as AddressInfo;
    return new VisionLanguageModel({ baseUrl: `http://127.0.0.1:${port}/v1`, model: 'm' }).checkHealth(signal);
  };

  it('is degraded where the server is silent, before anybody has waited too long for that', async () => {
    answer = {};
    expect(await health()).toEqual({
      status: 'degraded',
      reason: 'The upstream server does not answer: is it up, and is UPSTREAM_BASE_URL right?',
    });
  });

  it('is good where only the start had a hint', async () => {
    answer = { status: 404 };
    expect(await health()).toEqual({ status: 'healthy' });
  });
});

async function freePort(): Promise<AddressInfo> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return address;
}
