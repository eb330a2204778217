import { SnippetCompiler, type SnippetFault } from './compile-snippet.js';

const PREAMBLE = `
  import { StageContext, StageHandler } from 'nestage';
  import { transfer, type WorkerContext, type WorkerPool, type WorkerPools, type WorkerSetup, type WorkerTask } from 'nestage/threads';
  class Question { text: string }
  class Answer { summary: string }
  const url = new URL('./x.worker.js', import.meta.url);
  class Summariser implements WorkerTask<string[], number> {
    initialize({ data }: WorkerSetup<{ limit: number }>) { void data.limit; }
    async run(words: string[], { signal }: WorkerContext) { signal.throwIfAborted(); return words.length; }
    runBatch(inputs: string[][], contexts: WorkerContext[]) { return inputs.map((words) => words.length + contexts.length); }
  }
  class Streamer implements WorkerTask<number, string> {
    async *run(items: number) { for (let i = 0; i < items; i++) yield String(i); }
  }
`;

describe('the types of worker threads', () => {
  const compiler = new SnippetCompiler();
  const faultsOf = (snippet: string): SnippetFault[] => compiler.compile(PREAMBLE + snippet);

  it.each([
    [
      'a handler whose run stands in a worker file',
      `@StageHandler('/x', { request: Question, response: Answer, worker: url })
       class H {
         declare readonly run: Summariser['run'];
         preProcess({ text }: Question) { return transfer(text.split(' '), []); }
         postProcess(count: number): Answer { return { summary: String(count) }; }
       }`,
    ],
    [
      'one whose runBatch does, too',
      `@StageHandler('/x', { request: false, worker: { url, threads: 2, data: { limit: 1 } }, batch: { maxSize: 4 } })
       class H {
         declare readonly run: Summariser['run'];
         declare readonly runBatch: Summariser['runBatch'];
         preProcess(body: { words: string[] }) { return body.words; }
       }`,
    ],
    [
      'a stream',
      `@StageHandler('/x', { request: false, worker: url })
       class H {
         declare readonly run: Streamer['run'];
         postProcess(item: string) { return { item }; }
       }`,
    ],
    [
      'a pool',
      `async function f(pools: WorkerPools): Promise<void> {
         const pool: WorkerPool<Summariser> = pools.create<Summariser>(url);
         const count: number = await pool.run(['a'], { signal: new AbortController().signal });
         for await (const item of await pools.create<Streamer>({ url, killAfterMs: false }).run(count)) item.toUpperCase();
       }`,
    ],
    ['a worker that is tested without threads', `const f = (context: StageContext) => new Summariser().run(['a'], context);`],
  ])('take %s', (_what, snippet) => {
    expect(faultsOf(snippet)).toEqual([]);
  });

  it.each([
    [
      'a run that does not take what preProcess gives',
      `@StageHandler('/x', { request: Question, worker: url })
       class H { declare readonly run: Summariser['run']; preProcess({ text }: Question) { return text; } }`,
      'run does not take what preProcess',
    ],
    [
      'a postProcess that does not take what the worker gives',
      `@StageHandler('/x', { request: false, worker: url })
       class H { declare readonly run: Streamer['run']; postProcess(item: number) { return item; } }`,
      'postProcess does not take what run gives',
    ],
    ['an input of another type', `async (pool: WorkerPool<Summariser>) => pool.run('text');`, 'string'],
    ['a worker without run', `class W implements WorkerTask<string, string> { start() {} }`, "'run' is missing"],
    ['an option that does not exist', `@StageHandler('/x', { request: false, worker: { url, thread: 1 } }) class H { run() {} }`, 'thread'],
  ])('refuse %s', (_what, snippet, message) => {
    const faults = faultsOf(snippet);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.map((fault) => fault.message).join('\n')).toContain(message);
  });
});
