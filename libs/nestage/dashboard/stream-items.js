/**
 * The items of a stream as they arrive: data of server-sent events, or lines.
 *
 * @param {ReadableStream<Uint8Array>} stream
 * @param {string} type media type
 * @returns {AsyncGenerator<string, void, void>}
 */
export async function* readItems(stream, type) {
  const isEvents = type.includes('event-stream');
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const frames = rest.split(isEvents ? /\r?\n\r?\n/ : /\r?\n/);
      rest = done ? '' : (frames.pop() ?? '');
      for (const frame of frames) {
        const item = isEvents ? dataOf(frame) : frame;
        if (item) yield item;
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // it may be over already
  }
}

/** @param {string} frame */
function dataOf(frame) {
  const lines = frame.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
}

/**
 * What a chat completion, or a piece of one, says.
 *
 * @param {any} value
 * @returns {string}
 */
export function textOf(value) {
  const choice = value?.choices?.[0];
  const text = choice?.delta?.content ?? choice?.message?.content;
  return typeof text === 'string' ? text : '';
}
