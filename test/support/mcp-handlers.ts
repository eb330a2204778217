import { IsInstance, IsInt, IsOptional, IsString, Min } from 'class-validator';
import {
  BinaryResult,
  BusinessError,
  FromPath,
  FromQuery,
  ModelError,
  type StageContext,
  StageHandler,
  SystemError,
  megabytes,
} from 'nestage';
import { ChatCompletionHandler, chatCompletions } from 'nestage/openai';
import { images, UploadedFile } from 'nestage/uploads';
import { untilAborted } from './until-aborted.js';

export class AddRequest {
  @FromPath()
  @IsInt()
  left: number;

  @FromQuery()
  @IsInt()
  @Min(0)
  right: number;

  /** Said before the sum. */
  @IsOptional()
  @IsString()
  label?: string;
}

export class Sum {
  @IsInt()
  sum: number;

  @IsString()
  label: string;
}

export class TextRequest {
  @IsString()
  text: string;
}

@StageHandler('/add/:left', {
  request: AddRequest,
  response: Sum,
  mcp: { name: 'add', description: 'Adds two numbers', annotations: { readOnlyHint: true, title: 'Sum' } },
})
export class AddHandler {
  run({ left, right, label = 'sum' }: AddRequest): Sum {
    return { sum: left + right, label };
  }
}

@StageHandler('/shout', { request: TextRequest, mcp: { name: 'shout', description: 'Writes a text in capitals' } })
export class ShoutHandler {
  run({ text }: TextRequest, context: StageContext): string {
    context.logger.info(`shouting by ${context.origin}`);
    return text.toUpperCase();
  }
}

const FAULTS: Readonly<Record<string, () => Error>> = {
  L2: () => new BusinessError('There is no such page'),
  L3: () => new SystemError('the password of db.internal is hunter2'),
  model: () => new ModelError('upstream http://10.0.0.7:9000 said no'),
  unknown: () => new TypeError('x is not a function'),
};

@StageHandler('/fail', { request: TextRequest, mcp: { name: 'fail', description: 'Fails' } })
export class FailHandler {
  run({ text }: TextRequest): never {
    throw FAULTS[text]();
  }
}

@StageHandler('/words', { request: TextRequest, mcp: { name: 'words', description: 'Gives a text word by word' } })
export class WordsHandler {
  async *run({ text }: TextRequest): AsyncGenerator<string> {
    for (const word of text.split(' ')) {
      if (word === 'BREAK') throw new SystemError('the wire to 10.1.2.3 broke');
      yield `${word} `;
    }
  }
}

@StageHandler('/media', { request: TextRequest, mcp: { name: 'media', description: 'Bytes of a media type' } })
export class MediaHandler {
  run({ text }: TextRequest): BinaryResult {
    return new BinaryResult(Buffer.from('bytes'), { type: text, filename: 'a b.bin' });
  }
}

@StageHandler('/slow', { request: TextRequest, concurrency: 1, queue: 0, mcp: { name: 'slow', description: 'Waits until it is stopped' } })
export class SlowHandler {
  readonly causes: string[] = [];
  running = 0;

  async run(_request: TextRequest, { signal }: StageContext): Promise<string> {
    this.running++;
    try {
      return await untilAborted(signal);
    } catch (error) {
      this.causes.push((error as { abortCause: string }).abortCause);
      throw error;
    } finally {
      this.running--;
    }
  }
}

export class PictureRequest {
  @IsInstance(UploadedFile)
  page: UploadedFile;

  @IsInt()
  times: number;
}

@StageHandler('/picture', {
  request: PictureRequest,
  upload: images({ field: 'page', maxBytes: megabytes(1) }),
  mcp: { name: 'picture', description: 'Measures a picture' },
})
export class PictureHandler {
  run({ page, times }: PictureRequest): object {
    return { type: page.type, size: page.size, filename: page.filename, times };
  }
}

@StageHandler('/v1/chat/completions', {
  protocol: chatCompletions({ models: ['parrot'] }),
  mcp: { name: 'chat', description: 'Answers a chat' },
})
export class ParrotHandler extends ChatCompletionHandler {
  async *run(): AsyncGenerator<string> {
    yield* ['Polly ', 'wants a cracker'];
  }
}

export const MCP_HANDLERS = [AddHandler, ShoutHandler, FailHandler, WordsHandler, MediaHandler, SlowHandler, PictureHandler, ParrotHandler];
