import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateObject, generateText, jsonSchema, streamText, tool } from 'ai';
import { until } from '../support/until.js';
import { all, type Check, failureOf, type Target } from './check.js';
import { MANY_BYTES, TOOL_ARGUMENTS } from './scripted-model.js';

const providerOf = ({ url }: Pick<Target, 'url'>) =>
  createOpenAICompatible({ name: 'nestage', baseURL: `${url}/v1`, includeUsage: true, supportsStructuredOutputs: true });
const modelOf = (target: Target) => providerOf(target)('scripted');

const weather = tool({
  description: 'The weather of a city',
  inputSchema: jsonSchema<Record<string, unknown>>({ type: 'object', properties: { city: { type: 'string' } } }),
});

/** What the Vercel AI SDK must be able to do. */
export const aiSdkChecks: readonly Check[] = [
  {
    title: 'generates text, with its finish reason and usage',
    async run(target) {
      const { text, finishReason, usage, response } = await generateText({ model: modelOf(target), system: 'Be brief.', prompt: 'bytes' });
      expect([text, finishReason, usage.inputTokens, usage.outputTokens]).toEqual([MANY_BYTES, 'stop', 17, 23]);
      expect(response.id).toMatch(/^chatcmpl-/);
      expect(Math.abs(response.timestamp.getTime() - Date.now())).toBeLessThan(60_000);
    },
  },
  {
    title: 'streams text as it comes, with its finish reason and usage',
    async run(target) {
      const result = streamText({ model: modelOf(target), prompt: 'halves' });
      const pieces = await all(result.textStream);
      expect([pieces.join(''), await result.finishReason]).toEqual([MANY_BYTES, 'stop']);
      expect(pieces.length).toBeGreaterThan(20);
      const counted = streamText({ model: modelOf(target), prompt: 'bytes' });
      await counted.consumeStream();
      const { inputTokens, outputTokens } = await counted.usage;
      expect([inputTokens, outputTokens]).toEqual([17, 23]);
    },
  },
  {
    title: 'gets calls of tools, whole and streamed',
    async run(target) {
      const request = { model: modelOf(target), prompt: 'tool', tools: { get_weather: weather } };
      const { toolCalls, finishReason } = await generateText(request);
      const streamed = streamText(request);
      await streamed.consumeStream();
      for (const [calls, reason] of [
        [toolCalls, finishReason],
        [await streamed.toolCalls, await streamed.finishReason],
      ] as const) {
        expect(reason).toBe('tool-calls');
        expect(calls.map(({ toolCallId, toolName, input }) => [toolCallId, toolName, input])).toEqual([
          ['call_first', 'get_weather', TOOL_ARGUMENTS],
          ['call_second', 'get_weather', { city: 'Oslo', days: 1, units: [] }],
        ]);
      }
    },
  },
  {
    title: 'reads thoughts apart from text',
    async run(target) {
      const { text, reasoningText } = await generateText({ model: modelOf(target), prompt: 'think' });
      expect([text, reasoningText]).toEqual(['four', 'let me see']);
    },
  },
  {
    title: 'gets an object of its schema',
    async run(target) {
      const schema = jsonSchema<{ price: number }>({
        type: 'object',
        properties: { price: { type: 'number' } },
        required: ['price'],
        additionalProperties: false,
      });
      const { object } = await generateObject({ model: modelOf(target), schema, prompt: 'say {"price": 12.5}' });
      expect(object).toEqual({ price: 12.5 });
    },
  },
  {
    title: 'is told what is wrong, before a stream and within one',
    async run(target) {
      const error = await failureOf(generateText({ model: modelOf(target), prompt: 'fail field', maxRetries: 0 }));
      expect(error).toMatchObject({ statusCode: 400, isRetryable: false, message: 'temperature is too hot for this model' });
      const parts = await all(streamText({ model: modelOf(target), prompt: 'break', maxRetries: 0, onError: () => undefined }).fullStream);
      const told = parts.find(({ type }) => type === 'error') as { error: unknown } | undefined;
      expect(JSON.stringify(told?.error instanceof Error ? told.error.message : told?.error)).toContain('Service temporarily unavailable');
      expect(parts.flatMap((part) => (part.type === 'text-delta' ? part.text : [])).join('')).toBe('half of ');
    },
  },
  {
    title: 'succeeds after a retry of 429 and of 503',
    async run(target) {
      for (const status of [429, 503]) {
        target.runs.refusals = [status];
        expect((await generateText({ model: modelOf(target), prompt: 'say again', maxRetries: 1 })).text).toBe('again');
      }
    },
  },
  {
    title: 'frees the handler when it aborts',
    async run(target) {
      const controller = new AbortController();
      const result = streamText({ model: modelOf(target), prompt: 'endless', abortSignal: controller.signal, onError: () => undefined });
      let heard = 0;
      for await (const _piece of result.textStream) if (++heard === 3) controller.abort();
      await until(() => target.runs.open === 0);
    },
  },
];

/** What a service of embeddings must give the Vercel AI SDK. */
export const aiSdkEmbeddingsChecks = (model: string, dimensions: number): readonly Check<Pick<Target, 'url'>>[] => [
  {
    title: 'embeds many texts, in their order',
    async run(target) {
      const embedding = providerOf(target).embeddingModel(model);
      const values = ['one', 'two', 'three'];
      const { embeddings, usage } = await embedMany({ model: embedding, values });
      expect(embeddings.map(({ length }) => length)).toEqual([dimensions, dimensions, dimensions]);
      const [third] = (await embedMany({ model: embedding, values: ['three'] })).embeddings;
      third.forEach((value, index) => expect(value).toBeCloseTo(embeddings[2][index], 4));
      expect(usage.tokens).toBeGreaterThan(0);
    },
  },
];
