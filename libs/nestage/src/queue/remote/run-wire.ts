import { HttpException } from '@nestjs/common';
import { isInstance } from '../../common/type-guards.js';
import type { RequestContext } from '../../core/context/request-context.js';
import { fromWireError, toWireError, type WireError } from '../../core/errors/wire-error.js';
import type { WireValue } from './value-codec.js';

/** What a worker is given of a request. @internal */
export interface RunOrder {
  readonly input: WireValue;
  /** Without those that hold secrets. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** How much longer than to its first item a stream may take; part of the job's deadline. */
  readonly streamMs: number;
}

/** Status and headers that `run` has set. @internal */
export interface ResponseHead {
  readonly status?: number | undefined;
  readonly headers: readonly (readonly [string, string | number | readonly string[]])[];
}

/** What is known of bytes besides themselves. @internal */
export interface BinaryHead {
  readonly type: string;
  readonly filename?: string | undefined;
}

/** How a run ended, as the job's result. @internal */
export type RunResult =
  | { readonly kind: 'value'; readonly value: WireValue; readonly head: ResponseHead; readonly binary?: BinaryHead }
  /** Its items have been told. */
  | { readonly kind: 'stream'; readonly head: ResponseHead }
  | { readonly kind: 'error'; readonly error: WireFailure };

/** One item of a stream, or a piece of a stream of bytes; the first one brings what the answer's head needs. @internal */
export interface RunItem {
  readonly i: WireValue;
  readonly head?: ResponseHead;
  readonly binary?: BinaryHead;
}

/** Anything thrown, as plain data. @internal */
export type WireFailure = WireError | { readonly http: { readonly status: number; readonly response: string | object } };

/** @internal */
export function toWireFailure(thrown: unknown): WireFailure {
  if (!isInstance(thrown, HttpException)) return toWireError(thrown);
  return { http: { status: thrown.getStatus(), response: thrown.getResponse() } };
}

/** @internal */
export function fromWireFailure(failure: WireFailure): Error {
  return 'http' in failure ? new HttpException(failure.http.response, failure.http.status) : fromWireError(failure);
}

const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key', 'api-key']);

/** @internal */
export function withoutSecrets(headers: RequestContext['headers']): RunOrder['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET_HEADERS.has(name)));
}

/** @internal */
export function headOf({ response }: RequestContext): ResponseHead {
  return { status: response.status, headers: [...response.headers] };
}

/** @internal */
export function applyHead({ response }: RequestContext, { status, headers }: ResponseHead): void {
  if (status !== undefined) response.status = status;
  for (const [name, value] of headers) response.setHeader(name, value);
}
