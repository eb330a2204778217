import type { StageContext } from '../core/context/stage-context.js';
import type { StageLogger } from '../core/log/stage-logger.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import type { StageCall, StageName } from '../core/pipeline/stage-middleware.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { describe } from './values/describe-value.js';
import type { Described } from './values/described.js';
import { KnownWords } from './values/known-words.js';
import { isPlainText } from './values/plain-text.js';

/** What is known of a body besides its value. @internal */
export interface ReceivedBody {
  readonly method: string | undefined;
  readonly contentType: string | undefined;
  /** Bytes on the wire. */
  readonly bytes: number;
}

/** What stands before the bytes of a body. */
interface Origin extends Pick<ReceivedBody, 'method' | 'contentType'> {
  readonly origin: Described;
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
  private last: Origin | undefined;

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
    const origin = this.originOf(method, contentType);
    inform(logger, origin.text, { text: `${bytes} bytes, Parse Params: ${text}`, isPlain: isPlain && origin.isPlain });
  }

  private tell({ stage, context: { logger } }: StageCall, value: unknown): void {
    if (logger.isEnabled('INFO')) inform(logger, WORDS[stage], this.describe(value));
    if (value instanceof StageStream) tellItems(value, logger);
  }

  /** `Request body: POST application/json `; made once as long as bodies come alike. */
  private originOf(method: string | undefined, contentType: string | undefined): Described {
    const { last } = this;
    if (last && last.method === method && last.contentType === contentType) return last.origin;
    const text = `Request body: ${method ? `${method} ` : ''}${contentType ? `${contentType.split(';', 1)[0]} ` : ''}`;
    const origin = { text, isPlain: isPlainText(text) };
    this.last = { method, contentType, origin };
    return origin;
  }

  private describe(value: unknown): Described {
    return describe(value, this.maxValueLength, this.words);
  }
}

/** @param words some that are plain, if the text is */
function inform(logger: StageLogger, words: string, { text, isPlain }: Described): void {
  if (isPlain) logger.plain(words + text);
  else logger.info(words + text);
}

function tellItems(stream: StageStream, logger: StageLogger): void {
  let items = 0;
  stream.observe({ item: () => items++, end: () => logger.info(`${WORDS.postProcess}<stream of ${items} items>`) });
}
