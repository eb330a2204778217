import type { OnApplicationBootstrap } from '@nestjs/common';
import {
  type Context,
  context as activeContext,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type TracerProvider,
} from '@opentelemetry/api';
import { isPromiseLike } from '../../common/type-guards.js';
import type { FinishedRequest, RequestEvents } from '../../core/context/request-events.js';
import { marksOf } from '../../core/context/request-marks.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { RequestOrigin, StageContext } from '../../core/context/stage-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { type ClassifiedError, classifyError } from '../../core/errors/classify-error.js';
import type { StageAround, StageCall, StageMiddleware, StageNext } from '../../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../../core/pipeline/stage-plugins.js';
import { StageStream } from '../../core/pipeline/stage-stream.js';
import { bindTrace, type RequestTrace, traceOf } from './request-trace.js';
import { SPAN_ATTRIBUTES } from './span-attributes.js';
import { parseTraceParent } from './trace-parent.js';

const KINDS: Readonly<Record<RequestOrigin, SpanKind>> = {
  http: SpanKind.SERVER,
  mcp: SpanKind.SERVER,
  job: SpanKind.CONSUMER,
  local: SpanKind.INTERNAL,
};

/** What stands in for an SDK that is not there. */
const NO_PROVIDER: TracerProvider = new ProxyTracerProvider().getDelegate();

/**
 * A span for each request, a child of the caller's, and one for each stage, active while the stage runs. Without an SDK registered
 * before the app starts, it is told of nothing and surrounds nothing.
 * @internal
 */
export class Tracing implements StageMiddleware, OnApplicationBootstrap {
  readonly slot = 'observe';

  constructor(
    plugins: StagePlugins,
    private readonly requests: RequestEvents,
  ) {
    plugins.use(this);
  }

  onApplicationBootstrap(): void {
    if (!isTracing()) return;
    this.requests.observe({ started: (context, method) => start(context, method), finished: (request) => finish(request) });
  }

  /** Asked at the first request of a route. */
  attach({ name }: StageRoute): StageAround | undefined {
    if (!isTracing()) return undefined;
    return (call, next) => {
      const requestTrace = traceOf(call.context);
      return requestTrace ? traced(name, requestTrace, call, next) : next(call.input);
    };
  }
}

function traced(name: string, requestTrace: RequestTrace, { stage, input, context }: StageCall, next: StageNext): unknown {
  if (stage === 'preProcess') tellTraceId(context, requestTrace.span);
  const span = startStage(requestTrace, { name: `${name}.${stage}`, handler: name, stage });
  const end = (error?: unknown): void => endStage(requestTrace, span, error);
  const settle = (value: unknown): unknown => {
    if (value instanceof StageStream) value.observe({ end });
    else end();
    return value;
  };
  const fail = (error: unknown): never => {
    end(error ?? new Error('Nothing was thrown'));
    throw error;
  };
  try {
    const result = activeContext.with(trace.setSpan(requestTrace.context, span), () => next(input));
    return isPromiseLike(result) ? Promise.resolve(result).then(settle, fail) : settle(result);
  } catch (error) {
    return fail(error);
  }
}

export function isTracing(): boolean {
  const provider = trace.getTracerProvider();
  return ((provider as Partial<ProxyTracerProvider>).getDelegate?.() ?? provider) !== NO_PROVIDER;
}

function start(context: RequestContext, method: string): void {
  const parent = parentOf(context);
  const isWithinLocalSpan = trace.getSpanContext(parent)?.isRemote === false;
  const span = trace.getTracer('nestage').startSpan(
    method,
    {
      kind: isWithinLocalSpan ? SpanKind.INTERNAL : KINDS[context.origin],
      attributes: { [SPAN_ATTRIBUTES.method]: method, [SPAN_ATTRIBUTES.logId]: context.logId },
    },
    parent,
  );
  bindTrace(context, { span, context: trace.setSpan(parent, span) });
}

/** The span that runs already, when another instrumentation has opened one; else the caller's by the registered propagator, or by W3C. */
function parentOf({ headers }: RequestContext): Context {
  const active = activeContext.active();
  if (trace.getSpan(active)) return active;
  const extracted = propagation.extract(ROOT_CONTEXT, headers);
  if (trace.getSpan(extracted)) return extracted;
  const caller = parseTraceParent(headers);
  return caller ? trace.setSpanContext(extracted, caller) : extracted;
}

function finish({ context, method, status, failure }: FinishedRequest): void {
  const requestTrace = traceOf(context);
  if (!requestTrace) return;
  const { span } = requestTrace;
  const path = context.path || context.servicePath;
  if (path) span.updateName(`${method} ${path}`);
  const { retries, isDegraded } = marksOf(context);
  const known: Record<string, string | number | boolean | undefined> = {
    [SPAN_ATTRIBUTES.route]: path || undefined,
    [SPAN_ATTRIBUTES.handler]: context.handlerName || undefined,
    [SPAN_ATTRIBUTES.status]: status,
    [SPAN_ATTRIBUTES.retries]: retries || undefined,
    [SPAN_ATTRIBUTES.degraded]: isDegraded || undefined,
  };
  span.setAttributes(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)));
  if (failure) markFailed(span, failure);
  else if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

interface StageSpan {
  readonly name: string;
  readonly handler: string;
  readonly stage: string;
}

function startStage(requestTrace: RequestTrace, { name, handler, stage }: StageSpan): Span {
  const attributes = { [SPAN_ATTRIBUTES.handler]: handler, [SPAN_ATTRIBUTES.stage]: stage };
  const span = trace.getTracer('nestage').startSpan(name, { kind: SpanKind.INTERNAL, attributes }, requestTrace.context);
  requestTrace.stage = span;
  return span;
}

function endStage(requestTrace: RequestTrace, span: Span, error: unknown): void {
  if (error !== undefined) markFailed(span, classifyError(error));
  span.end();
  if (requestTrace.stage === span) requestTrace.stage = undefined;
}

/** The client's own errors are no errors of a server's span. Messages stay in the log: a backend for traces is another audience. */
function markFailed(span: Span, { tier, code }: ClassifiedError): void {
  span.setAttributes({ [SPAN_ATTRIBUTES.tier]: tier, [SPAN_ATTRIBUTES.errorType]: code });
  if (tier === 'L3' || tier === 'L4') span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}

/** From a log line to its trace, where the log id is not the trace id already. */
function tellTraceId(context: StageContext, span: Span): void {
  const { traceId } = span.spanContext();
  if (traceId !== context.logId) context.logger.info(`Trace: ${traceId}`);
}
