import { Exclude, Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, Length, Min, ValidateNested } from 'class-validator';
import { StageHandler, type StageHandlerOptions } from 'nestage';
import { send } from '../support/raw-http.js';
import { ALL_ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

class Part {
  @IsString() text: string;
}

class Message {
  @IsIn(['user', 'assistant'], { message: 'role must be user or assistant' }) role: string;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Part) parts?: Part[];
}

class Sampling {
  @IsInt() @Min(1) top: number;
}

class ChatRequest {
  @IsString() @Length(1, 20) model: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => Message) messages: Message[];
  @IsOptional() @ValidateNested() @Type(() => Sampling) sampling?: Sampling;
}

class Answer {
  @IsString() text: string;
  @IsOptional() @ValidateNested() @Type(() => Part) part?: Part;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Part) parts?: Part[];
}

const chat = (path: string, options: StageHandlerOptions<ChatRequest>) => {
  @StageHandler(path, { ...options, request: ChatRequest })
  class ChatHandler {
    run(request: ChatRequest) {
      return { isInstance: request instanceof ChatRequest && request.messages.every((each) => each instanceof Message), request };
    }
  }
  return ChatHandler;
};

/** What the handlers with a response DTO give, by the name that a request asks for. */
const ANSWERS: Readonly<Record<string, () => unknown>> = {
  whole: () => ({ text: 'a', part: { text: 'b' }, parts: [{ text: 'c' }] }),
  more: () => ({ text: 'a', internal: 1, part: { text: 'b', internal: 2 }, parts: [{ text: 'c', internal: 3 }] }),
  wrong: () => ({ text: 42 }),
  'nested wrong': () => ({ text: 'a', parts: [{ text: 'b' }, { text: 42 }] }),
  missing: () => ({}),
  null: () => null,
  undefined: () => undefined,
  string: () => 'private',
  list: () => [{ text: 'a' }],
  'list for an object': () => ({ text: 'a', part: [{ text: 'b' }] }),
  'list for an item': () => ({ text: 'a', parts: [[{ text: 'b' }]] }),
};

const answering = (path: string, options: StageHandlerOptions<unknown, Answer>) => {
  @StageHandler(path, { ...options, request: false, response: Answer })
  class AnswerHandler {
    run({ kind }: { kind: string }) {
      return ANSWERS[kind]() as Answer;
    }
  }
  return AnswerHandler;
};

class Account {
  @IsString() name: string;
  @Exclude() @IsString() password: string;
  @IsOptional() @ValidateNested() @Type(() => Part) part?: Part;
}

@StageHandler('/account', { request: false, response: Account })
class AccountHandler {
  readonly kept = Object.assign(new Account(), {
    name: 'ann',
    password: 'private',
    internal: 'kept',
    part: Object.assign(new Part(), { text: 'b', internal: 'kept' }),
  });

  run() {
    return this.kept;
  }
}

@StageHandler('/answer', { request: false, response: Answer })
class KeptAnswerHandler {
  readonly kept = Object.assign(new Answer(), {
    text: 'a',
    internal: 'kept',
    part: Object.assign(new Part(), { text: 'b', internal: 'kept' }),
  });

  run() {
    return this.kept;
  }
}

const HANDLERS = [
  chat('/ignore', {}),
  chat('/keep', { unknownFields: 'keep' }),
  chat('/refuse', { unknownFields: 'refuse' }),
  chat('/unprocessable', { validationStatus: 422 }),
  answering('/strip', {}),
  answering('/keep-answer', { undeclaredResponseFields: 'keep' }),
  answering('/refuse-answer', { undeclaredResponseFields: 'refuse' }),
  AccountHandler,
  KeptAnswerHandler,
];

const VALID = { model: 'm', messages: [{ role: 'user', parts: [{ text: 'hi' }] }], sampling: { top: 1 } };

describe.each(ALL_ADAPTERS)('validation on %s', (adapter) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({ adapter, providers: HANDLERS });
  });
  afterAll(() => service.close());

  const post = (path: string, body: unknown) =>
    send(service.url, {
      path,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });

  describe('of requests', () => {
    it('gives the handler instances of the DTO and of its nested DTOs', async () => {
      expect((await post('/ignore', VALID)).json).toEqual({ isInstance: true, request: VALID });
    });

    it.each<[string, object, Record<string, string[]>]>([
      ['a missing field', { messages: [] }, { model: expect.any(Array) as never }],
      ['a field of a wrong type', { ...VALID, model: 5 }, { model: expect.arrayContaining(['model must be a string']) as never }],
      ['a nested object', { ...VALID, sampling: { top: 0 } }, { 'sampling.top': ['top must not be less than 1'] }],
      [
        'an item of a list',
        { ...VALID, messages: [{ role: 'user' }, { role: 'root' }] },
        { 'messages[1].role': ['role must be user or assistant'] },
      ],
      [
        'an item of a list in an item of a list',
        { ...VALID, messages: [{ role: 'user', parts: [{ text: 'a' }, { text: 5 }] }] },
        { 'messages[0].parts[1].text': ['text must be a string'] },
      ],
      [
        'several at once',
        { ...VALID, messages: [{ role: 'root' }], sampling: { top: 'x' } },
        {
          'messages[0].role': ['role must be user or assistant'],
          'sampling.top': expect.arrayContaining(['top must be an integer number']) as never,
        },
      ],
      ['a text where a list is due', { ...VALID, messages: 'private' }, { messages: ['messages must be an array'] }],
      ['an object where a list is due', { ...VALID, messages: { role: 'private' } }, { messages: ['messages must be an array'] }],
      ['a text where an object is due', { ...VALID, sampling: 'private' }, { sampling: expect.any(Array) as never }],
      ['a text where an item is due', { ...VALID, messages: ['private'] }, { 'messages[0]': expect.any(Array) as never }],
      ['null where an item is due', { ...VALID, messages: [null] }, { 'messages[0]': expect.any(Array) as never }],
      ['a list where an object is due', { ...VALID, sampling: [{ top: 1 }] }, { sampling: ['must be an object, not an array'] }],
      ['a list where an item is due', { ...VALID, messages: [[{ role: 'user' }]] }, { 'messages[0]': ['must be an object, not an array'] }],
      ['an empty list where an item is due', { ...VALID, messages: [[]] }, { 'messages[0]': ['must be an object, not an array'] }],
      [
        'a list deep inside',
        { ...VALID, messages: [{ role: 'user', parts: [[{ text: 'a' }]] }] },
        { 'messages[0].parts[0]': ['must be an object, not an array'] },
      ],
      ['a list for the body', [VALID], { '': ['must be an object, got an array'] }],
    ])('names what is wrong with %s', async (_fact, body, fields) => {
      const { status, json, headers, text } = await post('/ignore', body);
      expect(status).toBe(400);
      expect(json).toMatchObject({ code: 400, error: 'invalid_request', logid: headers.logid });
      const got = (json.data.fields as { field: string; messages: string[] }[]).map(({ field, messages }) => [field, messages] as const);
      expect(Object.fromEntries(got)).toEqual(fields);
      expect(text).not.toContain('private');
      for (const field of Object.keys(fields)) expect(json.message).toContain(field);
      expect(service.log.of(headers.logid as string)).toContain(`request Validation error: ${json.message}`);
    });

    it('tells of at most fifty fields', async () => {
      const { status, json } = await post('/ignore', { ...VALID, messages: Array.from({ length: 5000 }, () => ({ role: 'root' })) });
      expect(status).toBe(400);
      expect(json.data.fields).toHaveLength(50);
    });

    it.each(['sampling', 'more'])('refuses a field "%s" that is nested beyond all bounds, declared or not', async (field) => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      const { status } = await post('/ignore', `{"model": "m", "messages": [], "${field}": ${deep}}`);
      expect(status).toBe(400);
    });

    it('drops unknown fields, nested ones too, unless told to keep them', async () => {
      const more = { ...VALID, x: 1, sampling: { top: 1, x: 2 }, messages: [{ role: 'user', x: 3 }] };
      expect((await post('/ignore', more)).json.request).toEqual({ ...VALID, messages: [{ role: 'user' }] });
      expect((await post('/keep', more)).json.request).toEqual(more);
    });

    it('refuses unknown fields when told so, naming each', async () => {
      const { status, json } = await post('/refuse', { ...VALID, x: 1, messages: [{ role: 'user', y: 3 }] });
      expect(status).toBe(400);
      expect(json.data.fields.map(({ field }: { field: string }) => field).sort()).toEqual(['messages[0].y', 'x']);
      expect((await post('/refuse', VALID)).status).toBe(200);
    });

    it('answers 422 when told so, malformed JSON still with 400', async () => {
      expect(await post('/unprocessable', { model: 'm' })).toMatchObject({ status: 422, json: { code: 422, error: 'invalid_request' } });
      expect((await post('/unprocessable', '{')).status).toBe(400);
    });
  });

  describe('of responses', () => {
    it.each(['wrong', 'nested wrong', 'missing', 'null', 'undefined', 'string', 'list', 'list for an object', 'list for an item'])(
      'hides from the client what breaks the contract, and logs it: %s',
      async (kind) => {
        const { status, json, headers, text } = await post('/strip', { kind });
        expect(status).toBe(500);
        expect(json).toEqual({
          code: 500,
          error: 'invalid_response',
          message: 'Service temporarily unavailable',
          data: null,
          logid: headers.logid,
        });
        expect(text).not.toMatch(/text|Answer/);
        const lines = service.log.of(headers.logid as string);
        expect(
          lines.filter((line) => /^response Validation error: AnswerHandler gave a response that breaks Answer: \S/.test(line)),
        ).toHaveLength(1);
        expect(lines.at(-1)).toMatch(/500, tier L3, error invalid_response/);
        expect(service.log.records.find(({ message, logId }) => logId === headers.logid && message.startsWith('response'))?.level).toBe(
          'ERROR',
        );
      },
    );

    it('names in the log what was wrong where', async () => {
      const { headers } = await post('/strip', { kind: 'nested wrong' });
      expect(service.log.of(headers.logid as string).join('\n')).toContain('breaks Answer: parts[1].text must be a string');
    });

    it('strips what the DTO does not declare, nested ones too', async () => {
      expect((await post('/strip', { kind: 'more' })).json).toEqual(ANSWERS['whole']());
      expect((await post('/strip', { kind: 'whole' })).json).toEqual(ANSWERS['whole']());
    });

    it('keeps what the DTO does not declare when told so', async () => {
      expect((await post('/keep-answer', { kind: 'more' })).json).toEqual(ANSWERS['more']());
    });

    it('refuses what the DTO does not declare when told so', async () => {
      expect((await post('/refuse-answer', { kind: 'more' })).json.error).toBe('invalid_response');
      expect((await post('/refuse-answer', { kind: 'whole' })).status).toBe(200);
    });

    it('leaves what the handler holds as it is', async () => {
      const { kept } = service.app.get(KeptAnswerHandler);
      for (let call = 0; call < 2; call++) expect((await post('/answer', {})).json).toEqual({ text: 'a', part: { text: 'b' } });
      expect({ ...kept }).toEqual({ text: 'a', internal: 'kept', part: { text: 'b', internal: 'kept' } });
    });

    it('honours @Exclude, and leaves what the handler holds as it is', async () => {
      const { kept } = service.app.get(AccountHandler);
      for (let call = 0; call < 2; call++) expect((await post('/account', {})).json).toEqual({ name: 'ann', part: { text: 'b' } });
      expect({ ...kept }).toEqual({ name: 'ann', password: 'private', internal: 'kept', part: { text: 'b', internal: 'kept' } });
    });
  });
});
