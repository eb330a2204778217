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

/**
 * Frames items until they end or fail. A failure becomes a last chunk and never a rejection: the status has been sent by then.
 * @internal
 */
export async function* frame(
  items: AsyncIterable<unknown>,
  framing: StreamFraming,
  fail: (thrown: unknown) => SanitizedError,
  errorBody: (error: SanitizedError) => unknown,
): AsyncGenerator<string, void, void> {
  try {
    for await (const item of items) yield framing.item(item);
  } catch (thrown) {
    yield framing.error(errorBody(fail(thrown)));
  }
}
