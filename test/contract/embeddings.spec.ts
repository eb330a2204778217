import { getEncoding } from 'js-tiktoken';
import OpenAI, { type APIError } from 'openai';
import { StageHandler } from 'nestage';
import { embeddings, EmbeddingsHandler, type EmbeddingsResult, OpenAiModule } from 'nestage/openai';
import { AppModule } from '../../apps/embeddings/src/app.module.js';
import { SENTENCE_MODEL_ID } from '../../apps/embeddings/src/sentence-model.js';
import { textOfTokens } from '../../apps/embeddings/src/token-text.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';
import { failureOf } from './check.js';
import { embeddingsChecks } from './embeddings-checks.js';

describe.each(ADAPTERS)("OpenAI's own client with apps/embeddings on %s", (adapter) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({ adapter, root: { module: AppModule } });
  });
  afterAll(() => service.close());

  it.each(embeddingsChecks(SENTENCE_MODEL_ID, 512).map((check) => [check.title, check] as const))('%s', (_title, check) =>
    check.run(service),
  );

  it('finds near what is alike', async () => {
    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'any' });
    const texts = ['How do I reset my password?', 'I forgot my login credentials', 'The weather is lovely in spring'];
    const [a, b, c] = (await client.embeddings.create({ model: SENTENCE_MODEL_ID, input: texts })).data.map(({ embedding }) => embedding);
    const similarity = (left: number[], right: number[]): number => left.reduce((sum, value, index) => sum + value * right[index], 0);
    expect(similarity(a, b)).toBeGreaterThan(similarity(a, c) + 0.1);
  });

  describe('with tokens, as Python clients send them', () => {
    const encoding = getEncoding('cl100k_base');
    const texts = ['The cat sits on the mat.', 'ünïcode 您好 🧾👩‍👩‍👧 and   spaces\n\n', 'def f(x):\n    return x ** 2', ' ', '\ufeffmark'];
    const tokens = texts.map((text) => encoding.encode(text));
    const client = (): OpenAI => new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const embed = (input: OpenAI.EmbeddingCreateParams['input']) => client().embeddings.create({ model: SENTENCE_MODEL_ID, input });

    it('gives what the text itself gives, for the tokens of one and of several', async () => {
      expect(tokens.every((ids) => ids.length > 0)).toBe(true);
      const asText = await embed(texts);
      const asTokens = await embed(tokens);
      expect([asTokens.data, asTokens.usage]).toEqual([asText.data, asText.usage]);
      for (const [index, ids] of tokens.entries()) expect((await embed(ids)).data).toEqual((await embed(texts[index])).data);
    });

    it('knows every token of the encoding', async () => {
      const all = Array.from({ length: 100_256 }, (_, id) => id);
      for (const ids of [all.slice(0, 300), all.slice(-300)])
        expect((await embed(ids)).data).toEqual((await embed(encoding.decode(ids))).data);
      expect(all.map((id) => textOfTokens([id], 'input')).filter((text) => text === '')).toEqual([]);
    });

    it('reads a character that was cut', async () => {
      const [first] = encoding.encode('🧾');
      expect((await embed([first])).data).toEqual((await embed('\ufffd')).data);
    });

    it.each([
      [[791, 100_256], 'input', 'input holds 100256, which stands for no text in cl100k_base'],
      [[100_257], 'input', 'input holds 100257'],
      [[[791], [8415, 5_000_000]], 'input[1]', 'input[1] holds 5000000'],
      [[-1], 'input', 'input must be a text, an array of texts, or tokens'],
      [[791, 'cat'], 'input', 'input must be'],
      [[[791], 'cat'], 'input', 'input must be'],
      [[[791], []], 'input', 'input must be'],
    ])('refuses %j', async (input, param, words) => {
      const error = await failureOf<APIError>(embed(input as number[]));
      expect(error).toMatchObject({ status: 400, code: 'invalid_request', param, message: expect.stringContaining(words) });
    });

    it('refuses tokens that stand for far more text than a body may hold', async () => {
      const [spaces] = encoding.encode(' '.repeat(80));
      const error = await failureOf<APIError>(embed(Array<number>(100_000).fill(spaces)));
      expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'input' });
    });
  });

  it.each([
    ['input', 'word '.repeat(8001)],
    ['input[1]', ['cat', 'word '.repeat(8001)]],
  ])('refuses a text that would hold up all others, named %s', async (param, input) => {
    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const error = await failureOf<APIError>(client.embeddings.create({ model: SENTENCE_MODEL_ID, input }));
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', param });
    expect(error.message).toContain(`${param} is longer than 40000 characters: cut it into pieces`);
  });

  it('answers while it embeds a thousand texts, and stops when nobody waits for them', async () => {
    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const before = service.log.messages.filter((message) => message.startsWith('Pre processed')).length;
    const controller = new AbortController();
    const input = Array.from({ length: 1000 }, (_, n) => `text number ${n} of a long list`);
    const many = failureOf(client.embeddings.create({ model: SENTENCE_MODEL_ID, input }, { signal: controller.signal }));
    let isOver = false;
    void many.catch(() => undefined).then(() => (isOver = true));
    await until(() => service.log.messages.filter((message) => message.startsWith('Pre processed')).length > before);
    expect((await client.models.list()).data[0].id).toBe(SENTENCE_MODEL_ID);
    expect(isOver).toBe(false);
    controller.abort();
    await many;
    expect((await client.embeddings.create({ model: SENTENCE_MODEL_ID, input: 'next' })).data).toHaveLength(1);
  });
});

@StageHandler('/v1/embeddings', { protocol: embeddings({ models: ['letters'], isShortenable: true, maxInputs: 3 }) })
class LettersHandler extends EmbeddingsHandler {
  embed(texts: readonly string[]): EmbeddingsResult {
    if (texts[0] === 'too few') return { vectors: [] };
    if (texts[0] === 'uneven') return { vectors: texts.map((_text, index) => [1, 2].slice(0, index + 1)) };
    if (texts[0] === 'NaN') return { vectors: [[NaN, 1]] };
    return { vectors: texts.map((text) => [text.length, 1, 0, 0]), promptTokens: 9 };
  }

  override decodeTokens(tokens: readonly number[]): string {
    return String.fromCharCode(...tokens);
  }
}

@StageHandler('/batched/embeddings', {
  protocol: embeddings({ models: ['letters'], tokenizer: { split: (text) => [...text] } }),
  batch: { maxSize: 8, maxWaitMs: 10_000 },
})
class BatchedHandler extends EmbeddingsHandler {
  readonly calls: (readonly string[])[] = [];
  embed(texts: readonly string[]): EmbeddingsResult {
    this.calls.push(texts);
    return { vectors: texts.map((text) => [text.length, 1]), promptTokens: texts.map((text) => 10 * text.length) };
  }
}

describe('an EmbeddingsHandler', () => {
  let service: TestService;
  let client: OpenAI;

  beforeAll(async () => {
    service = await startTestService({ adapter: 'express', imports: [OpenAiModule], providers: [LettersHandler, BatchedHandler] });
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'any', maxRetries: 0 });
  });
  afterAll(() => service.close());

  const vectorsOf = async (input: OpenAI.EmbeddingCreateParams['input'], dimensions?: number): Promise<number[][]> =>
    (await client.embeddings.create({ model: 'letters', input, dimensions })).data.map(({ embedding }) => embedding);

  it('takes tokens when it can decode them', async () => {
    expect(await vectorsOf([97, 98])).toEqual([[2, 1, 0, 0]]);
    expect(await vectorsOf([[97], [97, 98, 99]])).toEqual([[1, 1, 0, 0], [3, 1, 0, 0]]); // prettier-ignore
  });

  it('has its vectors cut to fewer dimensions, of length 1', async () => {
    const [[x, y]] = await vectorsOf('abc', 2);
    expect([x, y]).toEqual([expect.closeTo(3 / Math.sqrt(10), 6), expect.closeTo(1 / Math.sqrt(10), 6)]);
  });

  it('embeds the texts of several requests in one call, and shares vectors and tokens out', async () => {
    const batched = new OpenAI({ baseURL: `${service.url}/batched`, apiKey: 'any', maxRetries: 0 });
    const inputs = Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? ['a'.repeat(n + 1), 'bb'] : 'c'.repeat(n + 1)));
    const replies = await Promise.all(inputs.map((input) => batched.embeddings.create({ model: 'letters', input })));
    for (const [n, { data, usage }] of replies.entries()) {
      expect(data.map(({ embedding }) => embedding)).toEqual(n % 2 === 0 ? [[n + 1, 1], [2, 1]] : [[n + 1, 1]]); // prettier-ignore
      expect(usage.prompt_tokens).toBe(n % 2 === 0 ? 10 * (n + 3) : 10 * (n + 1));
    }
    expect(service.app.get(BatchedHandler).calls.length).toBeLessThan(4);
  });

  it('tells its own usage', async () => {
    expect((await client.embeddings.create({ model: 'letters', input: 'a' })).usage).toEqual({ prompt_tokens: 9, total_tokens: 9 });
  });

  it('has its limit of inputs kept', async () => {
    expect(await failureOf<APIError>(vectorsOf(['a', 'b', 'c', 'd']))).toMatchObject({ status: 400, param: 'input' });
  });

  it.each([['too few'], ['uneven'], ['NaN']])('has vectors refused that would reach a client as garbage: %s', async (text) => {
    expect(await failureOf<APIError>(vectorsOf([text, 'b']))).toMatchObject({ status: 500, code: 'invalid_response' });
  });
});
