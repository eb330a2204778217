import OpenAI, { type APIError, BadRequestError, NotFoundError } from 'openai';
import { type Check, failureOf, type Target } from './check.js';

const clientOf = ({ url }: Pick<Target, 'url'>): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

const TEXTS = ['The cat sits on the mat.', 'A kitten rests on a rug.', 'Interest rates rose again.', 'ünïcode 🧾'];

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * b[index], 0) / (Math.hypot(...a) * Math.hypot(...b));

/** What a service of embeddings must give OpenAI's own client. */
export const embeddingsChecks = (model: string, dimensions: number): readonly Check<Pick<Target, 'url'>>[] => [
  {
    title: 'gets the same vectors in both encodings, in the order of its texts',
    async run(target) {
      const { embeddings } = clientOf(target);
      const decoded = await embeddings.create({ model, input: TEXTS });
      const floats = await embeddings.create({ model, input: TEXTS, encoding_format: 'float' });
      expect(decoded.data.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
      for (const [index, { embedding }] of decoded.data.entries()) {
        expect(embedding).toHaveLength(dimensions);
        expect(floats.data[index].embedding).toHaveLength(dimensions);
        expect(Math.max(...embedding.map((value, n) => Math.abs(value - floats.data[index].embedding[n])))).toBeLessThan(1e-6);
        const [alone] = (await embeddings.create({ model, input: TEXTS[index] })).data;
        expect(cosine(alone.embedding, embedding)).toBeGreaterThan(0.9999);
      }
      expect([decoded.object, decoded.model, decoded.data[0].object]).toEqual(['list', model, 'embedding']);
    },
  },
  {
    title: 'is written to the wire as it asks: numbers without a word, base64 by name',
    async run({ url }) {
      const post = async (body: object): Promise<unknown> => {
        const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
        const reply = (await (await fetch(`${url}/v1/embeddings`, init)).json()) as { data: { embedding: unknown }[] };
        return reply.data[0].embedding;
      };
      const numbers = (await post({ input: 'x', dimensions: null, encoding_format: null })) as number[];
      const text = (await post({ input: 'x', encoding_format: 'base64' })) as string;
      const bytes = Buffer.from(text, 'base64');
      expect(bytes.length).toBe(dimensions * 4);
      numbers.forEach((value, index) => expect(bytes.readFloatLE(index * 4)).toBeCloseTo(value, 5));
    },
  },
  {
    title: 'is told how many tokens it took',
    async run(target) {
      const one = await clientOf(target).embeddings.create({ model, input: TEXTS[0] });
      const two = await clientOf(target).embeddings.create({ model, input: [TEXTS[0], TEXTS[0]] });
      expect(one.usage.prompt_tokens).toBeGreaterThan(3);
      expect(two.usage).toEqual({ prompt_tokens: 2 * one.usage.prompt_tokens, total_tokens: 2 * one.usage.prompt_tokens });
    },
  },
  {
    title: 'is refused what can not be embedded, with the field',
    async run(target) {
      const { embeddings } = clientOf(target);
      const cases: [object, string][] = [
        [{ input: '' }, 'input'],
        [{ input: [] }, 'input'],
        [{ input: ['a', ''] }, 'input'],
        [{ input: [1.5] }, 'input'],
        [{ input: { text: 'a' } }, 'input'],
        [{ input: 'a', encoding_format: 'binary' }, 'encoding_format'],
        [{ input: 'a', dimensions: dimensions + 1 }, 'dimensions'],
      ];
      for (const [more, param] of cases) {
        const error = await failureOf<APIError>(embeddings.create({ model, ...more } as unknown as OpenAI.EmbeddingCreateParams));
        expect(error).toBeInstanceOf(BadRequestError);
        expect([error.param, error.code, error.type]).toEqual([param, 'invalid_request', 'invalid_request_error']);
      }
      const unknown = await failureOf<APIError>(embeddings.create({ model: 'text-embedding-3-large', input: 'a' }));
      expect(unknown).toBeInstanceOf(NotFoundError);
      expect(unknown.code).toBe('model_not_found');
    },
  },
];
