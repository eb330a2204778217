import type { StageContext } from '../core/context/stage-context.js';
import type { StageLogger } from '../core/log/stage-logger.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import type { StageCall, StageName } from '../core/pipeline/stage-middleware.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { describe } from './values/describe-value.js';
import type { Described } from './values/described.js';
import { KnownWords } from './values/known-words.js';

/** What is known of a body besides its value. @internal */
export interface ReceivedBody {
  readonly method: string | undefined;
  readonly contentType: string | undefined;
  /** Bytes on the wire. */
  readonly bytes: number;
}

const WORDS: Readonly<Record<StageName, string>> = {
  preProcess: 'Pre processed: ',
  run: 'Inference result: ',
  postProcess: 'Post processed: ',
};

/**
 * Writes what each request brought and what each of its stages gave.
 * @internal
 */
export class RequestLog {
  private readonly words = new KnownWords();

  constructor(
    plugins: StagePlugins,
    private readonly maxValueLength: number,
  ) {
    plugins.observe(() => ({ settled: (call, value) => this.tell(call, value) }));
  }

  /** `Request handler type: SummaryHandler` */
  accepted({ logger }: StageContext, name: string): void {
    if (logger.isEnabled('INFO')) inform(logger, 'Request handler type: ', this.words.of(name));
  }

  /** `Request body: POST application/json 123 bytes, Parse Params: {...}` */
  received({ logger }: StageContext, { method, contentType, bytes }: ReceivedBody, value: unknown): void {
    if (!logger.isEnabled('INFO')) return;
    const { text, isPlain } = this.describe(value);
    const origin = this.words.of(`${method ? `${method} ` : ''}${contentType ? `${mediaTypeOf(contentType)} ` : ''}`);
    const message = { text: `${origin.text}${bytes} bytes, Parse Params: ${text}`, isPlain: isPlain && origin.isPlain };
    inform(logger, 'Request body: ', message);
  }

  private tell({ stage, context: { logger } }: StageCall, value: unknown): void {
    if (logger.isEnabled('INFO')) inform(logger, WORDS[stage], this.describe(value));
    if (value instanceof StageStream) tellItems(value, logger);
  }

  private describe(value: unknown): Described {
    return describe(value, this.maxValueLength, this.words);
  }
}

/** @param words constant ones, that hold nothing to mask or to escape */
function inform(logger: StageLogger, words: string, { text, isPlain }: Described): void {
  if (isPlain) logger.plain(words + text);
  else logger.info(words + text);
}

/** Without its parameters. */
function mediaTypeOf(contentType: string): string {
  const end = contentType.indexOf(';');
  return end < 0 ? contentType : contentType.slice(0, end);
}

function tellItems(stream: StageStream, logger: StageLogger): void {
  let items = 0;
  stream.observe({ item: () => items++, end: () => logger.info(`${WORDS.postProcess}<stream of ${items} items>`) });
}
