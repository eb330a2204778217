import { itemsOf } from '../../common/items/iterator-items.js';
import { ItemStage } from '../../common/items/item-stage.js';
import type { SanitizedError } from '../errors/sanitize-error.js';

/** How items and errors become text chunks of one media type. @internal */
export interface StreamFraming {
  readonly contentType: string;
  item(value: unknown): string;
  error(body: unknown): string;
}

/**
 * Server-sent events: one `data:` line of JSON an item, an `error` event at a failure.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @internal
 */
export const serverSentEvents: StreamFraming = {
  contentType: 'text/event-stream; charset=utf-8',
  item: (value) => `data: ${JSON.stringify(value ?? null)}\n\n`,
  error: (body) => `event: error\ndata: ${JSON.stringify(body)}\n\n`,
};

/** Newline-delimited JSON: one line an item, a last line `{"error": ...}` at a failure. @internal */
export const newlineDelimitedJson: StreamFraming = {
  contentType: 'application/x-ndjson; charset=utf-8',
  item: (value) => `${JSON.stringify(value ?? null)}\n`,
  error: (body) => `${JSON.stringify({ error: body })}\n`,
};

/** What makes chunks of items and of a failure. @internal */
export interface FramingInit {
  readonly framing: StreamFraming;
  readonly fail: (thrown: unknown) => SanitizedError;
  readonly errorBody: (error: SanitizedError) => unknown;
}

/**
 * Frames items until they end or fail. A failure becomes a last chunk: the status has been sent by then.
 * @internal
 */
export class FramedItems extends ItemStage<unknown, string> {
  constructor(
    items: AsyncIterable<unknown>,
    private readonly init: FramingInit,
  ) {
    super(itemsOf(items));
  }

  item(value: unknown): void {
    let chunk: string;
    try {
      chunk = this.init.framing.item(value);
    } catch (error) {
      return this.breakOff(error);
    }
    this.receiver.item(chunk);
  }

  override fail(thrown: unknown): void {
    const { framing, fail, errorBody } = this.init;
    this.isOver = true;
    this.receiver.item(framing.error(errorBody(fail(thrown))));
  }
}
