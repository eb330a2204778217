import type { Type } from '@nestjs/common';
import type { StageContext } from '../context/stage-context.js';
import type { SanitizedError } from '../errors/sanitize-error.js';
import type { JsonSchema } from '../schema/json-schema.js';

/** Items on their way to the client, as bytes of a media type. @publicApi */
export interface EncodedStream {
  readonly contentType: string;
  /** Text of each chunk, complete frames only; errors are chunks too, so this never rejects. */
  readonly chunks: AsyncIterable<string>;
}

/** What a protocol is told of the exchange that it encodes for. @publicApi */
export interface ProtocolExchange {
  readonly context: StageContext;
  /** The validated request. */
  readonly request: unknown;
  /** Makes of anything thrown what may be shown, logging it. */
  readonly fail: (thrown: unknown) => SanitizedError;
}

/** A value that is sent as JSON. @publicApi */
export interface EncodedValue {
  readonly value: unknown;
}

/** A schema of the API document that is referred to by name. Of two with one name, the first one given stands. @publicApi */
export interface NamedSchema {
  readonly name: string;
  readonly schema: JsonSchema;
}

/** What the answers of a protocol look like, for the API document. @publicApi */
export interface ProtocolDescription {
  readonly error: NamedSchema;
  /** A whole answer. @default the handler's response DTO */
  readonly value?: NamedSchema;
  /** What one event of a streamed answer holds, where each route of the protocol can stream. @default the handler's response DTO */
  readonly item?: NamedSchema;
}

/** A protocol without its wire form. @publicApi */
export interface PlainForm {
  /** Fields of its requests that only say how the answer is to be written, such as `stream`; left out, the answer is whole. */
  readonly withoutFields: readonly string[];
  /** What an answer says, as text; `undefined` to write it as JSON. */
  textOf(value: unknown): string | undefined;
}

/**
 * How one route speaks: what its results and errors look like on the wire. Knows neither the pipeline nor the transport.
 * @publicApi
 */
export interface RouteProtocol {
  /** Name in logs and in the API document, such as `json` or `openai-chat`. */
  readonly name: string;
  /** Request DTO where the handler names none. */
  readonly request?: new () => object;
  /** Whether the answer's form is decided without looking at the Accept header. */
  readonly ignoresAccept?: boolean;
  /** What is wrong with a handler on this protocol, said at start; `undefined` when nothing is. */
  handlerFault?(handler: Type): string | undefined;
  /** How long the client says that it waits for the answer, in milliseconds, where its protocol has a way to say so. */
  askedTimeoutMs?(headers: StageContext['headers']): number | undefined;
  /**
   * Refuses a request that its DTO allows, such as one for a model that is not served here.
   * @throws WebServiceError of tier L1
   */
  admit?(request: unknown, context: StageContext): void;
  /**
   * What the protocol's own `run` makes of a request besides the input: plain data. Requests that differ in it never share a result, whatever
   * the route's `key` says of them.
   */
  variant?(context: StageContext): unknown;
  /**
   * Stands in place of `run`, inside all middleware: may call it (`next`) several times, and make of what it gives the form that the
   * encoding works on. What it throws is a failure of `run`.
   */
  run?(input: unknown, context: StageContext, next: (input: unknown) => unknown): unknown;
  encodeValue(value: unknown, exchange: ProtocolExchange): EncodedValue | EncodedStream | Promise<EncodedValue | EncodedStream>;
  encodeStream(
    items: AsyncIterable<unknown>,
    exchange: ProtocolExchange,
  ): EncodedValue | EncodedStream | Promise<EncodedValue | EncodedStream>;
  /** The body of an error answer. */
  encodeError(error: SanitizedError, logId: string): unknown;
  /** What its answers look like, for the API document. @default those of plain JSON */
  describe?(): ProtocolDescription;
  /** How it is spoken through doors that have a wire form of their own, such as tools. @default as plain JSON */
  readonly plainForm?: PlainForm;
  /** Headers that an error answer has on this protocol besides those of every other. */
  errorHeaders?(error: SanitizedError): Readonly<Record<string, string>>;
}
