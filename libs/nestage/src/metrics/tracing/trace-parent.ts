import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { HeaderBag } from '../../core/context/log-id.js';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * The caller's span by a W3C `traceparent` header; `undefined` when there is none or it is not valid.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 * @internal
 */
export function parseTraceParent({ traceparent }: HeaderBag): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || [];
  if (!traceId || version === 'ff' || (version === '00' && more)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

/** @internal */
export function formatTraceParent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
