import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { until } from '../support/until.js';
import { all, type Check, failureOf, type Target } from './check.js';
import { MANY_BYTES, TOOL_ARGUMENTS } from './scripted-model.js';

const modelOf = ({ url }: Target, maxRetries = 0): ChatOpenAI =>
  new ChatOpenAI({ model: 'scripted', apiKey: 'any', maxRetries, configuration: { baseURL: `${url}/v1` } });

const weather = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

/** What LangChain must be able to do. */
export const langChainChecks: readonly Check[] = [
  {
    title: 'invokes, with usage and finish reason',
    async run(target) {
      const { content, usage_metadata: usage, response_metadata: about } = await modelOf(target).invoke('bytes');
      expect(content).toBe(MANY_BYTES);
      expect(usage).toMatchObject({ input_tokens: 17, output_tokens: 23, total_tokens: 40 });
      expect(about['finish_reason']).toBe('stop');
    },
  },
  {
    title: 'streams, with the usage that it always asks for',
    async run(target) {
      const chunks = await all(await modelOf(target).stream('bytes'));
      expect(chunks.map(({ content }) => content as string).join('')).toBe(MANY_BYTES);
      const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
      expect(whole.usage_metadata).toMatchObject({ input_tokens: 17, output_tokens: 23 });
      expect(chunks.length).toBeGreaterThan(20);
    },
  },
  {
    title: 'works through a batch',
    async run(target) {
      const answers = await modelOf(target).batch(['say a b', 'say c d', 'halves']);
      expect(answers.map(({ content }) => content)).toEqual(['a b', 'c d', MANY_BYTES]);
    },
  },
  {
    title: 'gets calls of tools, whole and streamed',
    async run(target) {
      const model = modelOf(target).bindTools([weather]);
      const wanted = [
        { id: 'call_first', name: 'get_weather', args: TOOL_ARGUMENTS },
        { id: 'call_second', name: 'get_weather', args: { city: 'Oslo', days: 1, units: [] } },
      ];
      expect((await model.invoke('tool')).tool_calls).toMatchObject(wanted);
      const streamed = (await all(await model.stream('tool'))).reduce((sum, chunk) => sum.concat(chunk));
      expect(streamed.tool_calls).toMatchObject(wanted);
    },
  },
  {
    title: 'knows each failure by its own name',
    async run(target) {
      expect(await failureOf(modelOf(target).invoke('fail context'))).toMatchObject({ name: 'ContextOverflowError' });
      target.runs.refusals = [401];
      expect(await failureOf(modelOf(target).invoke('say x'))).toMatchObject({ lc_error_code: 'MODEL_AUTHENTICATION' });
      const { url } = target;
      const unknown = new ChatOpenAI({ model: 'gpt-4o', apiKey: 'any', maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
      expect(await failureOf(unknown.invoke('say x'))).toMatchObject({ lc_error_code: 'MODEL_NOT_FOUND' });
      expect((await failureOf(all(await modelOf(target).stream('break')))).message).toContain('Service temporarily unavailable');
    },
  },
  {
    title: 'succeeds after a retry of 429 and of 503',
    async run(target) {
      for (const status of [429, 503]) {
        target.runs.refusals = [status];
        expect((await modelOf(target, 1).invoke('say again')).content).toBe('again');
      }
    },
  },
  {
    title: 'frees the handler when it leaves a stream',
    async run(target) {
      let heard = 0;
      for await (const _chunk of await modelOf(target).stream('endless')) if (++heard === 3) break;
      await until(() => target.runs.open === 0);
    },
  },
];

/** What a service of embeddings must give LangChain, which reads base64 and takes vectors by their place. */
export const langChainEmbeddingsChecks = (model: string, dimensions: number): readonly Check<Pick<Target, 'url'>>[] => [
  {
    title: 'embeds documents and a query alike, in their order',
    async run({ url }) {
      const embeddings = new OpenAIEmbeddings({ model, apiKey: 'any', batchSize: 2, configuration: { baseURL: `${url}/v1` } });
      const texts = ['one', 'two', 'three'];
      const vectors = await embeddings.embedDocuments(texts);
      for (const [index, text] of texts.entries()) {
        const query = await embeddings.embedQuery(text);
        expect(query).toHaveLength(dimensions);
        query.forEach((value, n) => expect(value).toBeCloseTo(vectors[index][n], 4));
      }
    },
  },
];
