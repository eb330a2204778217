import type { StageContext } from '../core/context/stage-context.js';
import type { StageLogger } from '../core/log/stage-logger.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import type { StageCall, StageName } from '../core/pipeline/stage-middleware.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { describeValue } from './values/describe-value.js';

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
export class RequestLog {
  constructor(
    plugins: StagePlugins,
    private readonly maxValueLength: number,
  ) {
    plugins.observe(() => ({ settled: (call, value) => this.tell(call, value) }));
  }

  /** `Request handler type: SummaryHandler` */
  accepted(context: StageContext, name: string): void {
    context.logger.info(`Request handler type: ${name}`);
  }

  /** `Request body: POST application/json 123 bytes, Parse Params: {...}` */
  received(context: StageContext, { method, contentType, bytes }: ReceivedBody, value: unknown): void {
    const { logger } = context;
    if (!logger.isEnabled('INFO')) return;
    const type = contentType ? `${contentType.split(';', 1)[0]} ` : '';
    logger.info(`Request body: ${method ? `${method} ` : ''}${type}${bytes} bytes, Parse Params: ${this.describe(value)}`);
  }

  private tell({ stage, context }: StageCall, value: unknown): void {
    const { logger } = context;
    if (logger.isEnabled('INFO')) logger.info(`${WORDS[stage]}: ${this.describe(value)}`);
    if (value instanceof StageStream) tellItems(value, logger);
  }

  private describe(value: unknown): string {
    return describeValue(value, this.maxValueLength);
  }
}

function tellItems(stream: StageStream, logger: StageLogger): void {
  let items = 0;
  stream.observe({ item: () => items++, end: () => logger.info(`${WORDS.postProcess}: <stream of ${items} items>`) });
}
