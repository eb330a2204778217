import { SnippetCompiler, type SnippetFault } from './compile-snippet.js';

const PREAMBLE = `
  import { Readable } from 'node:stream';
  import { Injectable } from '@nestjs/common';
  import {
    BinaryResult, InferDto, type ModelLifecycle, type StageContext, StageHandler, type StageLifecycle, StageModel, WebServiceModule,
  } from 'nestage';
  class Question { text: string; language?: string }
  class Answer { summary: string }
  class Other { number: number }
`;

describe('the types of a stage handler', () => {
  const compiler = new SnippetCompiler();
  const faultsOf = (snippet: string): SnippetFault[] => compiler.compile(PREAMBLE + snippet);

  it('compile the snippets against the library', () => {
    expect(faultsOf('')).toEqual([]);
    expect(faultsOf('const n: string = 1;')).toEqual([
      { line: 'const n: string = 1;', message: "Type 'number' is not assignable to type 'string'." },
    ]);
    expect(faultsOf(`import { nothing } from 'nestage';`)).toHaveLength(1);
  });

  const GOOD: Readonly<Record<string, string>> = {
    'run alone': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H { run(q: Question) { return { summary: q.text }; } }`,
    'all stages, each with the type of the one before': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H {
        initialize() {}
        warmup(signal: AbortSignal) { return Promise.resolve(); }
        preProcess(q: Question, context: StageContext) { return q.text.split(' '); }
        run(words: string[], context: StageContext) { return words.length; }
        postProcess(count: number) { return { summary: String(count) }; }
        checkHealth(signal: AbortSignal) { return { status: 'healthy' as const }; }
        async dispose() {}
      }`,
    'async stages': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H {
        async preProcess(q: Question) { return new Set(q.text); }
        async run(letters: Set<string>, { signal }: StageContext) { return letters.size; }
        async postProcess(size: number): Promise<Answer> { return { summary: \`\${size}\` }; }
      }`,
    'a generator whose items postProcess maps': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H {
        async *run(q: Question) { yield 1; yield 2; }
        postProcess(n: number) { return { summary: String(n) }; }
      }`,
    'a fallback in place of run': `
      @StageHandler('/x', { request: Question, response: Answer, breaker: true })
      class H {
        preProcess(q: Question) { return q.text; }
        run(text: string) { return text.length; }
        fallback(text: string, error: unknown, context: StageContext) { return 0; }
        postProcess(count: number) { return { summary: String(count) }; }
      }`,
    'a generator of responses': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H { async *run(q: Question): AsyncGenerator<Answer> { yield { summary: q.text }; } }`,
    'a promise of a stream': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H { async run(q: Question): Promise<AsyncIterable<Answer>> { return (async function* () { yield { summary: '' }; })(); } }`,
    'a value or a stream, as the request asks': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H {
        run(q: Question): Answer | AsyncIterable<Answer> { return q.language ? this.items() : { summary: '' }; }
        async *items(): AsyncGenerator<Answer> { yield { summary: '' }; }
      }`,
    'bytes in every form, whatever the response DTO': `
      @StageHandler('/a', { request: Question })
      class A { run(q: Question) { return Buffer.from(q.text); } }
      @StageHandler('/b', { request: Question, response: Answer })
      class B { run(q: Question): Answer | BinaryResult { return new BinaryResult(Buffer.from('')); } }
      @StageHandler('/c', { request: Question })
      class C { async run() { return Readable.from(['x']); } }
      @StageHandler('/d', { request: Question, response: Answer })
      class D { run() { return new Uint8Array(1); } }`,
    'no DTO: any body, any answer': `
      @StageHandler('/x', { request: false })
      class H { run(body: unknown) { return body; } }
      @StageHandler('/y', { request: false })
      class I { run(body: { n: number }) { return body.n; } }
      @StageHandler('/z', { request: false, response: Answer })
      class J { run() { return { summary: '' }; } }`,
    'an inferred DTO': `
      @StageHandler('/x')
      class H {
        @InferDto() preProcess(q: Question) { return q.text; }
        run(text: string) { return text.length; }
        @InferDto() postProcess(n: number): Answer { return { summary: String(n) }; }
      }
      @StageHandler('/y', {})
      class I { @InferDto() preProcess(q: Question) { return q; } run(q: Question) { return q.text; } }`,
    'implements StageLifecycle': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H implements StageLifecycle<Question, string, number, Answer> {
        preProcess(q: Question) { return q.text; }
        run(text: string) { return text.length; }
        postProcess(n: number) { return { summary: String(n) }; }
      }
      @StageHandler('/y', { request: Question, response: Answer })
      class I implements StageLifecycle<Question, Question, Answer> { async *run(q: Question) { yield { summary: q.text }; } }
      @StageHandler('/z', { request: Question })
      class J implements StageLifecycle { run(q: unknown) { return q; } }`,
    'handlers that ask for less than they are given, and give more than they must': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H { run(q: { text: string }) { return { summary: q.text, detail: 1 }; } }
      @StageHandler('/y', { request: Question, response: Answer })
      class I { preProcess() { return 1; } run(input: number | string) { return { summary: '' }; } }`,
    'stages that nothing is known of (any)': `
      declare const model: any;
      @StageHandler('/x', { request: Question, response: Answer })
      class H {
        preProcess(q: Question): any { return model(q); }
        run(input: any): Promise<any> { return model(input); }
        postProcess(result: any) { return model(result); }
      }
      @StageHandler('/y', { request: Question, response: Answer })
      class I { run(q: any) { return model(q); } }`,
    'unions between the stages': `
      type Prompt = { kind: 'short'; text: string } | { kind: 'long'; parts: string[] };
      @StageHandler('/x', { request: Question, response: Answer })
      class H {
        preProcess(q: Question): Prompt { return q.language ? { kind: 'short', text: q.text } : { kind: 'long', parts: [] }; }
        async run(prompt: Prompt): Promise<string | undefined> { return prompt.kind; }
        postProcess(text: string | undefined): Answer { return { summary: text ?? '' }; }
      }
      @StageHandler('/y', { request: Question, response: Answer })
      class I { async preProcess(q: Question): Promise<Prompt> { return { kind: 'long', parts: [] }; } run(prompt: Prompt) { return { summary: prompt.kind }; } }`,
    'generic and inherited handlers': `
      abstract class Base<Input, Output> {
        abstract readonly model: (input: Input) => Promise<Output>;
        run(input: Input) { return this.model(input); }
      }
      @StageHandler('/x', { request: Question, response: Answer })
      class H extends Base<Question, Answer> { model = async (q: Question) => ({ summary: q.text }); }
      @StageHandler('/y', { request: Question, response: Answer })
      class I extends Base<string, number> {
        model = async (text: string) => text.length;
        preProcess(q: Question) { return q.text; }
        postProcess(n: number) { return { summary: String(n) }; }
      }`,
    'stages as arrow functions': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H { readonly preProcess = (q: Question) => q.text; readonly run = async (text: string) => ({ summary: text }); }`,
    'injected, private and further members': `
      @StageModel()
      class Model { async initialize() {} dispose() {} async checkHealth(signal: AbortSignal) {} }
      @Injectable()
      @StageHandler('/x', { request: Question, response: Answer })
      @StageHandler('/y', { request: Question, response: Answer, method: 'PUT' })
      class H {
        static readonly limit = 3;
        private count = 0;
        constructor(private readonly model: Model) {}
        run(q: Question) { return this.answer(q); }
        private answer(q: Question) { return { summary: \`\${q.text}\${this.count}\` }; }
      }`,
    'every option': `
      @StageHandler('/x/:id', {
        request: Question, response: Answer, method: 'GET', version: ['1', '2'], name: 'x', status: 201, validationStatus: 422,
        unknownFields: 'refuse', undeclaredResponseFields: 'keep', maxBodyBytes: 10, produces: ['application/json'],
      })
      class H { run(q: Question) { return { summary: '' }; } }
      WebServiceModule.forRoot({ defaults: { maxBodyBytes: 10, status: 202, unknownFields: 'keep' }, service: 's', onInitializeError: 'degrade' });
      WebServiceModule.forFeature([{ path: '/y', handler: H, options: { request: Question, response: Answer } }]);
      WebServiceModule.forRootAsync({ inject: ['X'], useFactory: async (x: string) => ({ service: x }) });`,
    'a fallback with the input of run and a result like its': `
      @StageHandler('/x', { request: Question, response: Answer })
      class H {
        preProcess(q: Question) { return q.text; }
        run(text: string) { return text.length; }
        fallback(text: string, error: unknown, context: StageContext) { return -1; }
        postProcess(n: number) { return { summary: String(n) }; }
      }
      @StageHandler('/y', { request: Question, response: Answer })
      class I { run(q: Question) { return { summary: '' }; } async fallback(q: Question) { return { summary: 'later' }; } }`,
    'runBatch with arrays of what run takes and gives, or errors': `
      @StageHandler('/x', { request: Question, response: Answer, batch: { maxSize: 8, sizeOf: (text: string) => text.length } })
      class H {
        preProcess(q: Question) { return q.text; }
        run(text: string) { return text.length; }
        runBatch(texts: readonly string[], contexts: readonly StageContext[]) { return texts.map((text) => text ? text.length : new Error('empty')); }
        postProcess(n: number) { return { summary: String(n) }; }
      }
      @StageHandler('/y', { request: Question, response: Answer, batch: {} })
      class I { run(q: Question) { return { summary: '' }; } async runBatch(all: Question[]) { return all.map(({ text }) => ({ summary: text })); } }`,
    'optional and null results where the DTO allows them': `
      class Loose { summary?: string | null }
      @StageHandler('/x', { request: Question, response: Loose })
      class H { run(q: Question): { summary: string | undefined } { return { summary: undefined }; } }`,
    'a DTO with a private field, a constructor and methods': `
      class Rich { private secret = 1; constructor() {} text = ''; shout() { return this.text.toUpperCase(); } }
      @StageHandler('/x', { request: Rich, response: Answer })
      class H { run(rich: Rich) { return { summary: rich.shout() }; } }`,
  };

  it.each(Object.entries(GOOD))('accept %s', (_, snippet) => {
    expect(faultsOf(snippet)).toEqual([]);
  });

  /** Name, snippet, the line that must fail, and a part of its message. */
  const BAD: readonly (readonly [name: string, snippet: string, line: string, message: RegExp])[] = [
    [
      'a class without run',
      `class H { preProcess(q: Question) { return q; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /'run' is missing/,
    ],
    ['a class with nothing at all', `class H {}`, `@StageHandler('/x', { request: Question, response: Answer })`, /'run' is missing/],
    [
      'run that takes another DTO',
      `class H { run(o: Other) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /run does not take what preProcess \(or the request DTO\) gives/,
    ],
    [
      'preProcess that takes another DTO',
      `class H { preProcess(o: Other) { return o; } run(o: Other) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /'Question' is not assignable to type 'Other'|'number' is missing in type 'Question'/,
    ],
    [
      'run that does not take what preProcess gives',
      `class H { preProcess(q: Question) { return q.text; } run(n: number) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /run does not take what preProcess \(or the request DTO\) gives/,
    ],
    [
      'run that does not take what an async preProcess gives',
      `class H { async preProcess(q: Question) { return q.text; } run(text: Promise<string>) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /run does not take what preProcess/,
    ],
    [
      'run that takes only a part of a union',
      `class H { preProcess(q: Question): string | undefined { return q.language; } run(text: string) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /run does not take what preProcess/,
    ],
    [
      'fallback that does not take what preProcess gives',
      `class H { preProcess(q: Question) { return q.text; } run(text: string) { return { summary: '' }; } fallback(n: number) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /fallback does not take what preProcess \(or the request DTO\) gives/,
    ],
    [
      'fallback that does not give what postProcess takes',
      `class H { run(q: Question) { return 1; } fallback(q: Question) { return q.text; } postProcess(n: number) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /fallback does not give what postProcess \(or the response DTO\) takes/,
    ],
    [
      'fallback that does not give the response',
      `class H { run(q: Question) { return { summary: '' }; } fallback(q: Question) { return q.text; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /fallback does not give what postProcess \(or the response DTO\) takes/,
    ],
    [
      'postProcess that does not take what run gives',
      `class H { run(q: Question) { return q.text; } postProcess(n: number) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /postProcess does not take what run gives/,
    ],
    [
      'postProcess that does not take the items of a stream',
      `class H { async *run(q: Question) { yield q.text; } postProcess(n: number) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /postProcess does not take what run gives/,
    ],
    [
      'run that does not give the response DTO',
      `class H { run(q: Question) { return { summary: 1 }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /the stages do not give the response DTO|'number' is not assignable to type 'string'/,
    ],
    [
      'a stream of anything but the response DTO',
      `class H { async *run(q: Question) { yield q.text; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /the stages do not give the response DTO|is not assignable to type/,
    ],
    [
      'postProcess that does not give the response DTO',
      `class H { run(q: Question) { return 1; } async postProcess(n: number) { return { summery: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /the stages do not give the response DTO|'summary' is missing/,
    ],
    [
      'a response that may be nothing',
      `class H { run(q: Question): Answer | undefined { return undefined; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /the stages do not give the response DTO|is not assignable to type/,
    ],
    [
      'a fallback that takes anything but the input of run',
      `class H { run(q: Question) { return { summary: '' }; } fallback(text: string) { return { summary: text }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /fallback does not take what preProcess \(or the request DTO\) gives/,
    ],
    [
      'a fallback that gives what postProcess does not take',
      `class H { run(q: Question) { return 1; } fallback(q: Question) { return q.text; } postProcess(n: number) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /fallback does not give what postProcess \(or the response DTO\) takes/,
    ],
    [
      'a runBatch that takes no array of what preProcess gives',
      `class H { preProcess(q: Question) { return q.text; } run(t: string) { return { summary: t }; } runBatch(n: number[]) { return n.map(() => ({ summary: '' })); } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /runBatch does not take an array of what preProcess \(or the request DTO\) gives/,
    ],
    [
      'a runBatch that gives no array of what postProcess takes',
      `class H { run(q: Question) { return 1; } runBatch(all: Question[]) { return all.map(({ text }) => text); } postProcess(n: number) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /runBatch does not give an array of what postProcess \(or the response DTO\) takes/,
    ],
    [
      'a runBatch that is a generator',
      `class H { run(q: Question) { return { summary: '' }; } async *runBatch(all: Question[]) { yield { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /AsyncGenerator/,
    ],
    [
      'a context of another kind',
      `class H { run(q: Question, context: { user: string }) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /'user' is missing in type 'StageContext'/,
    ],
    [
      'initialize that wants arguments',
      `class H { initialize(path: string) {} run(q: Question) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /Types of property 'initialize' are incompatible|Target signature provides too few arguments/,
    ],
    [
      'a warmup that takes another argument',
      `class H { warmup(times: number) {} run(q: Question) { return { summary: '' }; } }`,
      `@StageHandler('/x', { request: Question, response: Answer })`,
      /'AbortSignal' is not assignable to type 'number'/,
    ],
  ];

  it.each(BAD)('refuse %s', (_, snippet, line, message) => {
    const faults = faultsOf(`@StageHandler('/x', { request: Question, response: Answer })\n${snippet}`);
    expect(faults.map((fault) => fault.line)).toEqual([line]);
    expect(faults[0].message).toMatch(message);
  });

  it.each([
    ['an unknown option', `{ request: Question, maxBodyByte: 1 }`, /'maxBodyByte' does not exist/],
    ['an option of a wrong type', `{ request: Question, maxBodyBytes: '1' }`, /Type 'string' is not assignable to type 'number'/],
    ['an unknown constant', `{ request: Question, method: 'FETCH' }`, /Type '"FETCH"' is not assignable/],
    ['an instance in place of a DTO class', `{ request: new Question() }`, /Question/],
    ['true in place of a DTO class', `{ request: true }`, /Type 'true' is not assignable|Type 'boolean' is not assignable/],
    ['a room that is not imported', `{ request: Question, mcp: {} }`, /'mcp' does not exist/],
  ])('refuse %s', (_, options, message) => {
    const faults = faultsOf(`@StageHandler('/x',\n${options})\nclass H { run(q: Question) { return q.text; } }`);
    expect(faults.map((fault) => fault.message).join('\n')).toMatch(message);
    expect(faults[0].line).toContain(options);
  });

  it('refuse stages that do not fit each other also where the DTO is inferred or absent', () => {
    const faults = faultsOf(`
      @StageHandler('/inferred')
      class H { @InferDto() preProcess(q: Question) { return q.text; } run(n: number) { return n; } }
      @StageHandler('/absent', { request: false })
      class I { run(body: unknown) { return 1; } postProcess(text: string) { return text; } }
      @StageHandler('/none', { request: false })
      class J { postProcess(text: string) { return text; } }`);
    expect(faults.map(({ line, message }) => [line, message])).toEqual([
      [`@StageHandler('/inferred')`, expect.stringContaining('run does not take what preProcess')],
      [`@StageHandler('/absent', { request: false })`, expect.stringContaining('postProcess does not take what run gives')],
      [`@StageHandler('/none', { request: false })`, expect.stringContaining(`'run' is missing`)],
    ]);
  });

  it('refuse options of one route among the defaults, and unknown ones anywhere', () => {
    const faults = faultsOf(`
      WebServiceModule.forRoot({ defaults: { method: 'GET' } });
      WebServiceModule.forRoot({ defaults: { maxBodyBytes: 'big' } });
      WebServiceModule.forRoot({ servise: 'x' });
      WebServiceModule.forRoot({ onInitializeError: 'ignore' });`);
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringContaining(`'method' does not exist`),
      expect.stringContaining(`'string' is not assignable to type 'number'`),
      expect.stringContaining(`'servise' does not exist`),
      expect.stringContaining(`'"ignore"' is not assignable`),
    ]);
  });

  it('refuse @StageModel on a class whose lifecycle does not fit', () => {
    const faults = faultsOf(`@StageModel()\nclass M { initialize(path: string) {} }`);
    expect(faults.map(({ line }) => line)).toEqual(['@StageModel()']);
  });

  it('refuse an implementation that is not one', () => {
    const faults = faultsOf(`
      class H implements StageLifecycle<Question, string, number, Answer> {
        preProcess(q: Question) { return 1; }
        run(text: string) { return text; }
      }
      class M implements ModelLifecycle { initialize(): number { return 1; } }`);
    expect(faults.map(({ line }) => line)).toEqual([
      'preProcess(q: Question) { return 1; }',
      'run(text: string) { return text; }',
      'class M implements ModelLifecycle { initialize(): number { return 1; } }',
    ]);
  });
});
