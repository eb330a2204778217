import { type Attributes, type Context, context as activeContext, propagation, type Span, trace } from '@opentelemetry/api';
import { currentContext } from '../../core/context/context-storage.js';
import { marksOf } from '../../core/context/request-marks.js';
import type { StageContext } from '../../core/context/stage-context.js';
import { formatTraceParent, parseTraceParent } from './trace-parent.js';

/** The spans of one request. @internal */
export interface RequestTrace {
  readonly span: Span;
  /** What the span hangs in, the caller's baggage included. */
  readonly context: Context;
  /** Span of the stage that runs. */
  stage?: Span;
}

const TRACE = Symbol('nestage:trace');

/** The spans of a request; `undefined` when nothing is traced. @internal */
export function traceOf(context: StageContext): RequestTrace | undefined {
  if (marksOf(context).traceId === undefined) return undefined; // asked for each stage: `state` is made when first asked for
  return context.state.get(TRACE) as RequestTrace | undefined;
}

/** @internal */
export function bindTrace(context: StageContext, requestTrace: RequestTrace): void {
  marksOf(context).traceId = requestTrace.span.spanContext().traceId;
  context.state.set(TRACE, requestTrace);
}

/**
 * Headers that carry the current trace on to another service. Without an SDK those of the caller are handed on as they came, so that
 * the trace is not broken here.
 *
 * @example
 * ```ts
 * await fetch(url, { headers: { ...traceHeaders() } });
 * ```
 * @publicApi
 */
export function traceHeaders(): Record<string, string> {
  const request = currentContext();
  const requestTrace = request && traceOf(request);
  const span = trace.getActiveSpan() ?? requestTrace?.stage ?? requestTrace?.span;
  if (!span) return request ? handedOn(request) : {};
  const headers: Record<string, string> = {};
  const within = trace.getActiveSpan() ? activeContext.active() : trace.setSpan(requestTrace?.context ?? activeContext.active(), span);
  propagation.inject(within, headers);
  headers.traceparent ??= formatTraceParent(span.spanContext());
  return headers;
}

/**
 * Sets attributes on the span of the stage that runs, such as those in `GEN_AI_ATTRIBUTES`. Does nothing when nothing is traced.
 *
 * @example
 * ```ts
 * annotateSpan({ [GEN_AI_ATTRIBUTES.requestModel]: 'llama-3.2-1b', [GEN_AI_ATTRIBUTES.usageOutputTokens]: 120 });
 * ```
 * @publicApi
 */
export function annotateSpan(attributes: Attributes, request: StageContext | undefined = currentContext()): void {
  const requestTrace = request && traceOf(request);
  (requestTrace?.stage ?? requestTrace?.span)?.setAttributes(attributes);
}

function handedOn({ headers }: StageContext): Record<string, string> {
  const caller = parseTraceParent(headers);
  if (!caller) return {};
  const { tracestate } = headers;
  return { traceparent: formatTraceParent(caller), ...(typeof tracestate === 'string' ? { tracestate } : {}) };
}
