import { type Fault, frame } from './spoiling-proxy.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- answers as they come, to be broken in any way */

/** A way to be wrong, and the check that must notice it. */
export interface Mutant {
  readonly name: string;
  readonly fault: Fault;
  /** Beginning of the title of a check. */
  readonly caughtBy: string;
}

/** Changes chunks in place, leaving `[DONE]` and errors alone. */
const chunks = (change: (chunk: any, state: Map<string, any>) => void): Fault => ({
  event: (data, text, state) => {
    if (!data.choices) return [text];
    change(data, state);
    return [frame(data)];
  },
});
const json = (change: (body: any, asked: any) => void): Fault => ({
  json: (body, asked) => {
    change(body, asked);
    return body as unknown;
  },
});
const errors = (change: (error: any) => void): Fault => json((body) => body.error && change(body.error));
const without = (...names: string[]): Fault => ({
  headers: (headers) => {
    for (const name of names) delete headers[name];
  },
});

const STREAM = 'gets a stream whose chunks';
const FRAMES = 'finds the stream framed';
const CLASSES = 'throws the error class of each failure';
const MID_STREAM = 'hears of a failure in mid-stream';
const COMPLETION = 'gets a completion, whole';

/** Faults of chats. */
export const chatMutants: readonly Mutant[] = [
  { name: 'a second [DONE]', caughtBy: FRAMES, fault: { event: (data, text) => (data === '[DONE]' ? [text, text] : [text]) } },
  { name: 'no [DONE]', caughtBy: FRAMES, fault: { event: (data, text) => (data === '[DONE]' ? [] : [text]) } },
  { name: 'no finish reason', caughtBy: STREAM, fault: chunks(({ choices }) => choices[0] && (choices[0].finish_reason = null)) },
  { name: 'no finish reason, by the stream helper', caughtBy: 'is led to the end', fault: chunks(({ choices }) => choices[0] && (choices[0].finish_reason = null)) }, // prettier-ignore
  { name: 'a finish reason in every chunk', caughtBy: STREAM, fault: chunks(({ choices }) => choices[0] && (choices[0].finish_reason = 'stop')) }, // prettier-ignore
  { name: 'an id that changes', caughtBy: STREAM, fault: chunks((chunk, state) => (chunk.id += state.set('n', (state.get('n') ?? 0) + 1).get('n'))) }, // prettier-ignore
  { name: 'an id for all', caughtBy: 'keeps 50 streams apart', fault: chunks((chunk) => (chunk.id = 'chatcmpl-1')) },
  { name: 'a time that changes', caughtBy: STREAM, fault: chunks((chunk, state) => (chunk.created += state.set('n', (state.get('n') ?? 0) + 1).get('n'))) }, // prettier-ignore
  { name: 'milliseconds for seconds', caughtBy: COMPLETION, fault: json((body) => (body.created *= 1000)) },
  { name: 'no role', caughtBy: 'is led to the end', fault: chunks(({ choices }) => delete choices[0]?.delta.role) },
  { name: 'no index of a choice', caughtBy: 'gets as many choices', fault: chunks(({ choices }) => choices[0] && (choices[0].index = 0)) },
  { name: 'a chunk without choices that nobody asked for', caughtBy: STREAM, fault: { event: (data, text) => (data === '[DONE]' ? [frame({ id: 'x', choices: [] }), text] : [text]) } }, // prettier-ignore
  { name: 'no usage of a stream', caughtBy: 'gets the usage', fault: { event: (data, text) => (data.usage ? [] : [text]) } },
  { name: 'usage in every chunk', caughtBy: STREAM, fault: chunks((chunk) => (chunk.usage = { prompt_tokens: 1 })) },
  { name: 'a wrong sum of tokens', caughtBy: COMPLETION, fault: json((body) => body.usage && body.usage.total_tokens++) },
  { name: 'no usage of a completion', caughtBy: COMPLETION, fault: json((body) => delete body.usage) },
  { name: 'a stream held back to its end', caughtBy: 'gets tokens as they are made', fault: { isBuffered: true } },
  { name: 'a stream that does not end', caughtBy: FRAMES, fault: { neverEnds: true } },
  { name: 'a stream that does not end, by the client', caughtBy: 'gets tokens as they are made', fault: { neverEnds: true } },
  { name: 'one line break between events', caughtBy: STREAM, fault: { event: (_data, text) => [text.slice(0, -1)] } },
  { name: 'events of two data lines', caughtBy: FRAMES, fault: { event: (data, text) => (data.choices ? [`data: ${JSON.stringify(data, null, 1).replaceAll('\n', '\ndata: ')}\n\n`] : [text]) } }, // prettier-ignore
  { name: 'characters cut in halves', caughtBy: STREAM, fault: chunks(({ choices }) => choices[0]?.delta.content && (choices[0].delta.content = Buffer.from(choices[0].delta.content as string).subarray(0, -1).toString())) }, // prettier-ignore
  { name: 'a lost chunk', caughtBy: STREAM, fault: { event: (_data, text, state) => (state.set('n', (state.get('n') ?? 0) + 1).get('n') === 5 ? [] : [text]) } }, // prettier-ignore
  { name: 'a repeated chunk', caughtBy: STREAM, fault: { event: (_data, text, state) => (state.set('n', (state.get('n') ?? 0) + 1).get('n') === 5 ? [text, text] : [text]) } }, // prettier-ignore
  { name: 'no index of tool calls', caughtBy: 'gets calls of tools', fault: chunks(({ choices }) => choices[0]?.delta.tool_calls?.forEach((call: any) => (call.index = 0))) }, // prettier-ignore
  { name: 'no names of tool calls', caughtBy: 'gets calls of tools', fault: chunks(({ choices }) => choices[0]?.delta.tool_calls?.forEach((call: any) => delete call.function.name)) }, // prettier-ignore
  { name: 'arguments of tools as an object', caughtBy: 'gets calls of tools', fault: json((body) => body.choices?.[0].message.tool_calls?.forEach((call: any) => (call.function.arguments = JSON.parse(call.function.arguments as string)))) }, // prettier-ignore
  { name: 'stop as the reason of tool calls', caughtBy: 'gets calls of tools', fault: json((body) => body.choices?.[0] && (body.choices[0].finish_reason = 'stop')) }, // prettier-ignore
  { name: 'no heartbeats', caughtBy: 'is kept company', fault: { passesComments: false } },
  { name: 'text/plain for JSON', caughtBy: COMPLETION, fault: { headers: (headers) => void (headers['content-type'] = 'text/plain') } },
  { name: '201 for 200', caughtBy: 'may use one connection', fault: { status: (status) => (status === 200 ? 201 : status) } },
  { name: '422 for 400', caughtBy: 'is told which field', fault: { status: (status) => (status === 400 ? 422 : status) } },
  { name: '500 for 502 and 503', caughtBy: CLASSES, fault: { status: (status) => (status > 500 ? 500 : status) } },
  { name: 'an error with 200', caughtBy: CLASSES, fault: { status: () => 200 } },
  { name: "Nest's own error bodies", caughtBy: CLASSES, fault: { json: ({ error }) => ({ statusCode: 400, message: error.message, error: 'Bad Request' }) } }, // prettier-ignore
  { name: 'no param', caughtBy: 'is told which field', fault: errors((error) => (error.param = null)) },
  { name: 'a missing key', caughtBy: 'is told which field', fault: errors((error) => delete error.type) },
  { name: 'no code', caughtBy: CLASSES, fault: errors((error) => (error.code = null)) },
  { name: 'words of the inside', caughtBy: CLASSES, fault: errors((error) => (error.message += ' at /srv/app/model.ts:12')) },
  { name: 'no request id', caughtBy: COMPLETION, fault: without('x-request-id') },
  { name: 'no Retry-After', caughtBy: 'succeeds after retries', fault: without('retry-after') },
  { name: 'a Retry-After that is no number', caughtBy: 'succeeds after retries', fault: { headers: (headers) => void (headers['retry-after'] &&= 'soon') } }, // prettier-ignore
  { name: 'no x-should-retry', caughtBy: 'does not repeat', fault: without('x-should-retry') },
  { name: 'an error in mid-stream without its wrapper', caughtBy: MID_STREAM, fault: { event: (data, text) => (data.error ? [frame(data.error)] : [text]) } }, // prettier-ignore
  { name: 'an error in mid-stream that is left out', caughtBy: MID_STREAM, fault: { event: (data, text) => (data.error ? [] : [text]) } },
  { name: 'a cut in place of an error in mid-stream', caughtBy: MID_STREAM, fault: { cutsAtError: true } },
  { name: 'a finish reason before an error', caughtBy: MID_STREAM, fault: { event: (data, text) => (data.error ? [frame({ id: 'x', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }), text] : [text]) } }, // prettier-ignore
  { name: 'deafness to leaving clients', caughtBy: 'frees the handler', fault: { ignoresLeaving: true } },
  { name: 'models without their list', caughtBy: 'lists the models', fault: json((body) => delete body.data) },
  { name: 'another code for unknown models', caughtBy: 'lists the models', fault: errors((error) => (error.code = 'not_found')) },
];

const bytesOf = (numbers: readonly number[], write: (buffer: Buffer, value: number, at: number) => void, size: number): string => {
  const buffer = Buffer.alloc(numbers.length * size);
  numbers.forEach((value, index) => write(buffer, value, index * size));
  return buffer.toString('base64');
};
const floatsOf = (text: string): number[] => {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
};
/** Changes vectors that were asked for in base64. */
const base64 = (change: (numbers: number[]) => unknown): Fault =>
  json((body, asked) => {
    if (asked.encoding_format === 'base64') for (const each of body.data ?? []) each.embedding = change(floatsOf(each.embedding as string));
  });

const SAME = 'gets the same vectors';

/** Faults of embeddings. */
export const embeddingsMutants: readonly Mutant[] = [
  { name: 'numbers where base64 was asked for', caughtBy: SAME, fault: base64((numbers) => numbers) },
  { name: 'big-endian floats', caughtBy: SAME, fault: base64((numbers) => bytesOf(numbers, (buffer, value, at) => buffer.writeFloatBE(value, at), 4)) }, // prettier-ignore
  { name: '64-bit floats', caughtBy: SAME, fault: base64((numbers) => bytesOf(numbers, (buffer, value, at) => buffer.writeDoubleLE(value, at), 8)) }, // prettier-ignore
  { name: 'another order', caughtBy: SAME, fault: json((body) => body.data?.reverse()) },
  { name: 'base64 where nothing was asked for', caughtBy: 'is written to the wire', fault: json((body, asked) => asked.encoding_format === 'base64' || body.data?.forEach((each: any) => (each.embedding = bytesOf(each.embedding as number[], (buffer, value, at) => buffer.writeFloatLE(value, at), 4)))) }, // prettier-ignore
  { name: 'no usage', caughtBy: 'is told how many tokens', fault: json((body) => body.usage && (body.usage.prompt_tokens = 0)) },
  { name: 'no param', caughtBy: 'is refused', fault: errors((error) => (error.param = null)) },
];
