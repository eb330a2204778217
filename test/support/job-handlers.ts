import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { IsInt, IsOptional, IsString } from 'class-validator';
import {
  BinaryResult,
  BusinessError,
  FatalError,
  FromPath,
  FromQuery,
  ModelError,
  ProcessingError,
  type StageContext,
  StageHandler,
} from 'nestage';
import { ChatCompletionHandler, chatCompletions, type ChatPrompt } from 'nestage/openai';
import { reportProgress } from 'nestage/jobs';
import { files, type UploadedFile } from 'nestage/uploads';

/** What tests ask of the jobs of these handlers, and how often each text was worked on. */
export class JobDesk {
  readonly runs = new Map<string, number>();
  readonly aborted: unknown[] = [];
  private readonly gates = new Map<string, () => void>();

  count(text: string): number {
    const count = (this.runs.get(text) ?? 0) + 1;
    this.runs.set(text, count);
    return count;
  }

  /** Waits until the test opens the gate of that name, or the request is no longer wanted. */
  async wait(name: string, { signal }: StageContext): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.gates.set(name, resolve);
      signal.addEventListener('abort', () => {
        this.aborted.push((signal.reason as { abortCause?: unknown }).abortCause);
        reject(signal.reason as Error);
      });
    });
  }

  async open(name: string): Promise<void> {
    while (!this.gates.has(name)) await sleep(5);
    this.gates.get(name)?.();
    this.gates.delete(name);
  }
}

export class TextRequest {
  @IsString() text: string;
}

class TextResponse {
  @IsString() text: string;
  @IsInt() length: number;
}

const JOBS = { tries: 2, backoffMs: 10 } as const;

@StageHandler('/texts', { request: TextRequest, response: TextResponse, jobs: { ...JOBS, maxPriority: 100 } })
export class TextHandler {
  constructor(private readonly desk: JobDesk) {}

  async run({ text }: TextRequest, context: StageContext) {
    const count = this.desk.count(text);
    reportProgress(context, 0.5);
    if (text.startsWith('wait')) await this.desk.wait(text, context);
    if (text === 'once broken' && count === 1) throw new ModelError('cold');
    if (text === 'teapot') throw new BusinessError('I am a teapot', { status: 418 });
    if (text === 'model') throw new ModelError('secret');
    if (text === 'busy') throw new ModelError('secret', { code: 'model_overloaded', retryAfterSeconds: 7 });
    if (text === 'unknown') throw new Error('secret');
    if (text === 'image') throw new ProcessingError('secret', { code: 'image_processing_error' });
    if (text === 'fatal') throw new FatalError('secret');
    context.response.setHeader('x-length', text.length);
    if (text === 'created') context.response.status = 201;
    return text;
  }

  postProcess(text: string): TextResponse {
    return text === 'breaks the contract' ? ({ text } as TextResponse) : { text, length: text.length };
  }
}

class PageRequest {
  @FromPath() @IsString() id: string;
  @FromQuery() @IsOptional() @IsInt() page?: number;
}

@StageHandler('/pages/:id', { method: 'GET', request: PageRequest, jobs: JOBS })
export class PageHandler {
  run(request: PageRequest, { headers }: StageContext) {
    return {
      ...request,
      secrets: headers['authorization'] ?? headers['cookie'] ?? null,
      language: headers['accept-language'],
    };
  }
}

@StageHandler('/words', { request: TextRequest, jobs: JOBS })
export class WordsHandler {
  constructor(private readonly desk: JobDesk) {}

  async *run({ text }: TextRequest, context: StageContext) {
    for (const word of text.split(' ')) {
      if (word === 'wait') await this.desk.wait('words', context);
      if (word === 'fails') throw new ModelError('secret');
      yield { word };
    }
  }
}

@StageHandler('/bytes', { request: TextRequest, jobs: JOBS })
export class BytesHandler {
  run({ text }: TextRequest) {
    const bytes = Buffer.from(text.repeat(20_000));
    if (text === 'named') return new BinaryResult(bytes, { type: 'image/png', filename: 'grüße.png' });
    if (text === 'stream') return Readable.from([bytes, bytes]);
    return bytes;
  }
}

class FormRequest extends TextRequest {
  file: UploadedFile;
}

@StageHandler('/files', {
  request: FormRequest,
  unknownFields: 'keep',
  upload: files({ types: ['text/csv'], memoryBytes: 1024 }),
  jobs: JOBS,
})
export class FilesHandler {
  async run({ text, file }: FormRequest) {
    return { text, size: file.size, name: file.filename, sum: (await file.bytes()).reduce((sum, byte) => sum + byte, 0) };
  }
}

@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['m'] }), jobs: JOBS })
export class ChatHandler extends ChatCompletionHandler {
  async *run({ messages }: ChatPrompt) {
    if (JSON.stringify(messages).includes('broken')) throw new ModelError('secret');
    yield* ['Hello', ', ', 'world'];
  }
}

@StageHandler('/aged', { request: TextRequest, jobs: { ...JOBS, maxAgeMs: 1000 } })
export class AgedHandler {
  constructor(private readonly desk: JobDesk) {}

  run({ text }: TextRequest, context: StageContext) {
    return this.desk.wait(text, context);
  }
}

@StageHandler('/plain', { request: TextRequest })
export class PlainHandler {
  run({ text }: TextRequest) {
    return { text };
  }
}

export const JOB_HANDLERS = [TextHandler, PageHandler, WordsHandler, BytesHandler, FilesHandler, ChatHandler, AgedHandler, PlainHandler];
