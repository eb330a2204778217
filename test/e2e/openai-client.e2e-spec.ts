import { readFile } from 'node:fs/promises';
import OpenAI, { APIError, APIUserAbortError, BadRequestError, InternalServerError, NotFoundError, UnprocessableEntityError } from 'openai';
import type { ChatCompletionChunk } from 'openai/resources';
import sharp from 'sharp';
import { WebService } from 'nestage';
import { OcrModel } from '../../apps/vision-chat/src/ocr-model.js';
import { ADAPTERS, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';
import { chatOf, imagePart, startVisionChat, textPart } from '../support/vision-chat-service.js';

type Request = ReturnType<typeof chatOf> & { readonly stream_options?: { readonly include_usage: boolean } };

let invoice: Buffer;
let blank: Buffer;

beforeAll(async () => {
  invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
  blank = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'white' } })
    .png()
    .toBuffer();
});

describe.each(ADAPTERS)("OpenAI's own client with vision-chat on %s", (adapter) => {
  let service: TestService;
  let client: OpenAI;
  let invoiceChat: Request;

  beforeAll(async () => {
    service = await startVisionChat(adapter);
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'any', maxRetries: 0 });
    invoiceChat = chatOf(textPart('What does it say?'), imagePart(invoice));
  });
  afterAll(() => service.close());

  /** What a call fails with. */
  const failure = async (call: PromiseLike<unknown>): Promise<APIError> => {
    const error: unknown = await Promise.resolve(call).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(APIError);
    return error as APIError;
  };

  const chunksOf = async (request: Request): Promise<ChatCompletionChunk[]> => {
    const chunks: ChatCompletionChunk[] = [];
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) chunks.push(chunk);
    return chunks;
  };

  it('gets a completion, and its request id', async () => {
    const completion = await client.chat.completions.create(invoiceChat);
    expect(completion.choices[0].message.content).toContain('2024-0117');
    expect(completion.choices[0].finish_reason).toBe('stop');
    expect(completion.id).toBe(`chatcmpl-${completion._request_id}`);
    expect(service.log.of(completion._request_id ?? '').at(-1)).toMatch(/^Request finished: POST \/v1\/chat\/completions 200/);
  });

  it('gets a stream, each chunk of it with a choice', async () => {
    const chunks = await chunksOf(chatOf(imagePart(invoice), imagePart(blank)));
    expect(chunks.every(({ choices, object }) => choices.length === 1 && object === 'chat.completion.chunk')).toBe(true);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.map(({ choices: [{ delta }] }) => delta.content ?? '').join('')).toContain('2024-0117');
    expect(chunks.map(({ choices: [{ finish_reason: reason }] }) => reason)).toEqual([null, null, 'stop']);
  });

  it('gets the first picture of a stream before the second is read', async () => {
    const stream = await client.chat.completions.create({ ...chatOf(imagePart(blank), imagePart(invoice)), stream: true });
    const [requestId] = service.log.records.slice(-1).map(({ logId }) => logId);
    for await (const _chunk of stream) {
      expect(service.log.of(requestId).some((line) => line.startsWith('Request finished'))).toBe(false);
      break;
    }
    await until(() => openRequests() === 0);
  });

  it('leads its stream helper to the end', async () => {
    const runner = client.chat.completions.stream(invoiceChat);
    const contents: string[] = [];
    runner.on('content', (delta) => contents.push(delta));
    expect(await runner.finalContent()).toContain('2024-0117');
    const { choices, model } = await runner.finalChatCompletion();
    expect([model, choices[0].message.role, choices[0].finish_reason]).toEqual(['pp-ocrv4', 'assistant', 'stop']);
    expect(contents.join('')).toBe(choices[0].message.content);
  });

  it('gets an empty text for a blank page', async () => {
    const completion = await client.chat.completions.create(chatOf(imagePart(blank)));
    expect(completion.choices[0].message.content).toBe('');
    expect((await chunksOf(chatOf(imagePart(blank)))).map(({ choices: [{ delta }] }) => delta.content ?? '').join('')).toBe('');
    await client.chat.completions.stream(chatOf(imagePart(blank))).finalChatCompletion();
  });

  it('is told a rough usage when it asks, and at no other time', async () => {
    const chunks = await chunksOf({ ...chatOf(textPart('Read it.'), imagePart(blank)), stream_options: { include_usage: true } });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 } });
    expect((await chunksOf(chatOf(imagePart(blank)))).every(({ usage, choices }) => !usage && choices.length === 1)).toBe(true);
  });

  it('has its token limit kept', async () => {
    const { choices } = await client.chat.completions.create({ ...invoiceChat, max_tokens: 2 });
    expect([choices[0].finish_reason, choices[0].message.content?.length]).toEqual(['length', expect.any(Number)]);
    expect(choices[0].message.content).not.toContain('0117');
  });

  it('may send what newer versions send', async () => {
    const request = {
      ...invoiceChat,
      messages: [{ role: 'developer' as const, content: 'Read.' }, ...invoiceChat.messages],
      max_completion_tokens: 100,
      reasoning_effort: 'none' as const,
      verbosity: 'low' as const,
      store: false,
      metadata: { a: 'b' },
      tools: [],
    };
    expect((await client.chat.completions.create(request)).choices[0].message.content).toContain('2024-0117');
  });

  it('lists the models', async () => {
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toEqual(['pp-ocrv4']);
  });

  it.each<[string, () => Request, new (...given: never[]) => APIError, Partial<APIError>]>([
    ['words alone', () => chatOf(textPart('Hello')), BadRequestError, { code: 'invalid_request', param: 'messages' }],
    [
      'a remote address',
      () => chatOf(imagePart('https://example.com/a.png')),
      BadRequestError,
      { code: 'invalid_request', param: 'messages[0].content[0].image_url.url' },
    ],
    ['an unknown model', () => ({ ...invoiceChat, model: 'gpt-4o' }), NotFoundError, { code: 'model_not_found', param: null }],
    [
      'a picture that is cut off',
      () => chatOf(imagePart(invoice.subarray(0, 5000))),
      UnprocessableEntityError,
      { code: 'corrupt_file', param: 'messages[0].content[0].image_url.url' },
    ],
    ['no picture', () => chatOf(imagePart(Buffer.from('text'))), APIError, { status: 415, code: 'unsupported_file' }],
  ])('throws the error class of %s, for streams too', async (_name, request, type, fields) => {
    for (const stream of [false, true]) {
      const error = await failure(client.chat.completions.create({ ...request(), stream }));
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ ...fields, type: 'invalid_request_error' });
      expect(service.log.of(error.requestID ?? '').join()).toContain(String(fields.code));
    }
  });

  it('throws what goes wrong in the middle of a stream, after the chunks before it', async () => {
    const contents: string[] = [];
    const stream = await client.chat.completions.create({
      ...chatOf(imagePart(invoice), imagePart(invoice.subarray(0, 5000))),
      stream: true,
    });
    const error = await failure(
      (async () => {
        for await (const { choices } of stream) contents.push(choices[0].delta.content ?? '');
      })(),
    );
    expect(contents).toEqual([expect.stringContaining('2024-0117')]);
    expect(error).toMatchObject({ status: undefined, code: 'corrupt_file', param: 'messages[0].content[1].image_url.url' });
    expect(error.message).toBe('The image is corrupt or incomplete and cannot be decoded.');
  });

  it('hears nothing of what failed inside', async () => {
    const read = jest.spyOn(service.app.get(OcrModel), 'read').mockRejectedValue(new Error('onnxruntime at /srv/app/worker.js pid 8336'));
    const error = await failure(client.chat.completions.create(invoiceChat));
    read.mockRestore();
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 500, type: 'server_error', param: null, message: '500 Something went wrong' });
    expect(service.log.of(error.requestID ?? '').join()).toContain('/srv/app/worker.js');
  });

  const openRequests = (): number => service.app.get(WebService).openRequests;

  it('frees handler and model when it aborts in the middle of a request', async () => {
    const pages = chatOf(...Array.from({ length: 20 }, () => imagePart(invoice)));
    const read = jest.spyOn(service.app.get(OcrModel), 'read');
    const controller = new AbortController();
    const completion = client.chat.completions.create(pages, { signal: controller.signal });
    await until(() => read.mock.calls.length === 2);
    const [, , signal] = read.mock.calls[1];
    controller.abort();
    await expect(completion).rejects.toBeInstanceOf(APIUserAbortError);
    await until(() => openRequests() === 0);
    expect(signal.aborted).toBe(true);
    await expect(read.mock.results[1].value).rejects.toBe(signal.reason);
    expect((await client.chat.completions.create(invoiceChat)).choices[0].message.content).toContain('2024-0117');
    expect(read).toHaveBeenCalledTimes(3);
    read.mockRestore();
    expect(service.log.messages.filter((line) => /aborted \(client_closed\)/.test(line))).not.toEqual([]);
  });

  it('frees handler and model when it leaves a stream', async () => {
    const read = jest.spyOn(service.app.get(OcrModel), 'read');
    const stream = await client.chat.completions.create({
      ...chatOf(...Array.from({ length: 20 }, () => imagePart(invoice))),
      stream: true,
    });
    for await (const { choices } of stream) {
      expect(choices[0].delta.content).toContain('2024-0117');
      break;
    }
    await until(() => openRequests() === 0);
    await expect(read.mock.results.at(-1)?.value).rejects.toBe(read.mock.calls.at(-1)?.[2].reason);
    expect(read.mock.calls.length).toBeLessThan(20);
    read.mockRestore();
  });
});
