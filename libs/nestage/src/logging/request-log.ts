import type { StageContext } from '../core/context/stage-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import type { StageAround, StageMiddleware, StageName } from '../core/pipeline/stage-middleware.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { isPromiseLike } from '../common/type-guards.js';
import { describeValue } from './describe-value.js';

/** What is known of a body besides its value. @internal */
export interface ReceivedBody {
  readonly method: string | undefined;
  readonly contentType: string | undefined;
  /** Bytes on the wire. */
  readonly bytes: number;
}

const WORDS: Readonly<Record<StageName, string>> = {
  preProcess: 'Pre processed',
  run: 'Inference result',
  postProcess: 'Post processed',
};

/**
 * Writes what each request brought and what each of its stages gave.
 * @internal
 */
export class RequestLog implements StageMiddleware {
  readonly slot = 'observe';

  constructor(
    plugins: StagePlugins,
    private readonly maxValueLength: number,
  ) {
    plugins.use(this);
  }

  /** `Request handler type: SummaryHandler` */
  accepted(context: StageContext, name: string): void {
    context.logger.info(`Request handler type: ${name}`);
  }

  /** `Request body: POST application/json 123 bytes, Parse Params: {...}` */
  received(context: StageContext, { method, contentType, bytes }: ReceivedBody, value: unknown): void {
    const head = [method, contentType?.split(';', 1)[0], `${bytes} bytes`].filter(Boolean).join(' ');
    context.logger.info(() => `Request body: ${head}, Parse Params: ${this.describe(value)}`);
  }

  attach(_route: StageRoute): StageAround {
    return ({ stage, input, context }, next) => {
      const result = next(input);
      const tell = (value: unknown): unknown => {
        this.tell(stage, value, context);
        return value;
      };
      return isPromiseLike(result) ? Promise.resolve(result).then(tell) : tell(result);
    };
  }

  private tell(stage: StageName, value: unknown, context: StageContext): void {
    context.logger.info(() => `${WORDS[stage]}: ${this.describe(value)}`);
    if (!(value instanceof StageStream)) return;
    let items = 0;
    value.observe({ item: () => items++, end: () => context.logger.info(`${WORDS.postProcess}: <stream of ${items} items>`) });
  }

  private describe(value: unknown): string {
    return describeValue(value, this.maxValueLength);
  }
}
