import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { BusinessError, FatalError, ModelError, StageHandler, type WebServiceOptions } from 'nestage';
import { ChatCompletionHandler, type ChatPrompt, chatCompletions } from 'nestage/openai';
import { images } from 'nestage/uploads';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class GreetingRequest {
  @IsString()
  name: string;

  @IsOptional()
  @IsIn(['en', 'fr'])
  language?: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3)
  times?: number;

  @IsOptional()
  @IsBoolean()
  loud?: boolean;
}

@StageHandler('/v1/greetings', { request: GreetingRequest, concurrency: 2, queue: 50 })
export class GreetingHandler {
  async run({ name, language, times = 1, loud }: GreetingRequest) {
    if (name === 'nobody') throw new BusinessError('Nobody is not greeted');
    if (name === 'fate') throw new FatalError('The model is gone for good');
    await pause(5);
    const text = `${language === 'fr' ? 'Bonjour' : 'Hello'}, ${name}. `.repeat(times).trim();
    return { text: loud ? text.toUpperCase() : text };
  }
}

@StageHandler('/v1/broken', { request: false, breaker: { errorThreshold: 2, resetIntervalMs: 3_600_000 } })
export class BrokenHandler {
  run(): never {
    throw new ModelError('The model gave up');
  }
}

@StageHandler('/v1/sums', { request: false, batch: { maxSize: 4, maxWaitMs: 5 } })
export class SumHandler {
  run({ numbers }: { numbers: number[] }) {
    return { sum: numbers.length };
  }

  runBatch(inputs: { numbers: number[] }[]) {
    return inputs.map(({ numbers }) => ({ sum: numbers.reduce((sum, each) => sum + each, 0) }));
  }
}

/** Words with the pauses of a model, so that a stream can be seen to be one. */
@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['parrot'] }) })
export class ParrotHandler extends ChatCompletionHandler {
  async *run({ text, messages }: ChatPrompt) {
    const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
    const pictures = parts.filter(({ type }) => type === 'image_url').length;
    for (const word of `${text} [${pictures}]`.split(' ')) {
      yield `${word} `;
      await pause(150);
    }
  }
}

@StageHandler('/v1/pictures', { upload: images() })
export class PictureHandler {
  run() {
    return { isTaken: true };
  }
}

export const STATUS_PAGE_HANDLERS = [GreetingHandler, BrokenHandler, SumHandler, ParrotHandler, PictureHandler];

export const STATUS_PAGE_OPTIONS: WebServiceOptions = {
  service: 'figures',
  onFatal: 'stay',
  alerts: { rules: [{ tier: 'L3', count: 2, withinMs: 60_000 }], sinks: [{ name: 'nobody', send: () => undefined }] },
};
