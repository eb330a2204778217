import type { Type } from '@nestjs/common';
import type { BinaryData, BinaryResult } from './binary-result.js';
import type { StageLifecycle } from './stage-lifecycle.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` here means "whatever this stage declares", inside conditional types only */

/**
 * Type-level check that the stages of a handler fit together and fit the DTOs. Resolves to `unknown` when they do, else to a type
 * whose one key says what does not fit, which no class has: the decorator then does not compile.
 * @internal
 */
export type StageFlow<Handler, Request, Response> =
  Fits<StageInput<Handler, Request>, RunInput<Handler>> extends false
    ? { readonly 'run does not take what preProcess (or the request DTO) gives': never }
    : Fits<StageInput<Handler, Request>, FallbackInput<Handler>> extends false
      ? { readonly 'fallback does not take what preProcess (or the request DTO) gives': never }
      : Fits<FallbackItem<Handler>, ResultTaken<Handler, Response>> extends false
        ? { readonly 'fallback does not give what postProcess (or the response DTO) takes': never }
        : Fits<StageInput<Handler, Request>, BatchInput<Handler>> extends false
          ? { readonly 'runBatch does not take an array of what preProcess (or the request DTO) gives': never }
          : Fits<BatchItem<Handler>, ResultTaken<Handler, Response>> extends false
            ? { readonly 'runBatch does not give an array of what postProcess (or the response DTO) takes': never }
            : OutputFlow<Handler, Response>;

/** The part of the check after `run`. */
type OutputFlow<Handler, Response> =
  Fits<RunItem<Handler>, PostProcessInput<Handler>> extends false
    ? { readonly 'postProcess does not take what run gives': never }
    : Fits<Exclude<StageOutput<Handler>, BinaryData | BinaryResult>, Response> extends false
      ? { readonly 'the stages do not give the response DTO': never }
      : unknown;

/** A handler class whose stages take `Request` and give `Response`; what lies between them is its own. @publicApi */
export type StageHandlerClass<Request, Response> = Type<StageLifecycle<Request, any, any, Response>>;

/** `true` where a value of `Given` may stand for `Taken`; unknown DTOs fit everything. */
type Fits<Given, Taken> = unknown extends Given ? true : unknown extends Taken ? true : [Given] extends [Taken] ? true : false;

type StageInput<Handler, Request> = Handler extends { preProcess: (...args: any[]) => infer Input } ? Awaited<Input> : Request;
type RunInput<Handler> = Handler extends { run: (input: infer Input, ...rest: any[]) => any } ? Input : never;
type RunItem<Handler> = Handler extends { run: (...args: any[]) => infer Result } ? ItemOf<Awaited<Result>> : never;
type FallbackInput<Handler> = Handler extends { fallback: (input: infer Input, ...rest: any[]) => any } ? Input : unknown;
type FallbackItem<Handler> = Handler extends { fallback: (...args: any[]) => infer Result }
  ? Exclude<ItemOf<Awaited<Result>>, BinaryData | BinaryResult>
  : never;
type BatchInput<Handler> = Handler extends { runBatch: (inputs: infer Inputs, ...rest: any[]) => any } ? ElementOf<Inputs> : unknown;
type BatchItem<Handler> = Handler extends { runBatch: (...args: any[]) => infer Results }
  ? Exclude<ElementOf<Awaited<Results>>, Error | BinaryData | BinaryResult>
  : never;
type ElementOf<Elements> = Elements extends readonly (infer Element)[] ? Element : never;
type ResultTaken<Handler, Response> = Handler extends { postProcess: (result: infer Result, ...rest: any[]) => any } ? Result : Response;
type PostProcessInput<Handler> = Handler extends { postProcess: (result: infer Result, ...rest: any[]) => any } ? Result : unknown;
type StageOutput<Handler> = Handler extends { postProcess: (...args: any[]) => infer Output } ? Awaited<Output> : RunItem<Handler>;

/** Bytes are a value although some of them can be iterated; any other AsyncIterable is a stream of items. */
type ItemOf<Result> = Result extends BinaryData ? Result : Result extends AsyncIterable<infer Item> ? Item : Result;
