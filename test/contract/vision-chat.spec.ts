import { readFile } from 'node:fs/promises';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, type ModelMessage, streamText } from 'ai';
import { ADAPTERS, type TestService } from '../support/test-service.js';
import { imagePart, startVisionChat, textPart } from '../support/vision-chat-service.js';
import { all, failureOf } from './check.js';

const MODEL = 'pp-ocrv4';

describe.each(ADAPTERS)('vision-chat on %s', (adapter) => {
  let service: TestService;
  let invoice: Buffer;

  beforeAll(async () => {
    invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
    service = await startVisionChat(adapter);
  });
  afterAll(() => service?.close());

  const aiSdk = () => createOpenAICompatible({ name: 'nestage', baseURL: `${service.url}/v1`, includeUsage: true })(MODEL);
  const langChain = (): ChatOpenAI =>
    new ChatOpenAI({ model: MODEL, apiKey: 'any', maxRetries: 0, configuration: { baseURL: `${service.url}/v1` } });
  const pages = (...images: Uint8Array[]): ModelMessage[] => [
    { role: 'user', content: [...images.map((image) => ({ type: 'image' as const, image })), { type: 'text', text: 'Read it.' }] },
  ];

  it('reads pictures for the AI SDK, plain and streamed', async () => {
    const { text, finishReason, usage } = await generateText({ model: aiSdk(), messages: pages(invoice) });
    expect([text.includes('2024-0117'), finishReason]).toEqual([true, 'stop']);
    expect(usage.outputTokens).toBeGreaterThan(20);
    const streamed = streamText({ model: aiSdk(), messages: pages(invoice, invoice) });
    expect((await all(streamed.textStream)).join('').split('2024-0117')).toHaveLength(3);
    const refused = await failureOf(generateText({ model: aiSdk(), prompt: 'Hello', maxRetries: 0 }));
    expect(refused).toMatchObject({ statusCode: 400, message: expect.stringContaining('UPSTREAM_BASE_URL') });
  });

  it('reads pictures for LangChain: invoke, stream, batch', async () => {
    const message = new HumanMessage({ content: [textPart('Read it.'), imagePart(invoice)] });
    expect((await langChain().invoke([message])).content).toContain('2024-0117');
    const chunks = await all(await langChain().stream([message]));
    expect(chunks.map(({ text }) => text).join('')).toContain('2024-0117');
    const answers = await langChain().batch([[message], [message]]);
    for (const { content } of answers) expect(content).toContain('2024-0117');
  });
});
