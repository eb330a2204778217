import { contextStorage } from '../core/context/context-storage.js';
import { RequestContext } from '../core/context/request-context.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { TraceCarrier } from '../core/context/trace-carrier.js';
import type { WireContext } from './wire/messages.js';
import type { CallContext, OnAbort } from './worker-call.js';

/** What a call belongs to outside of any request. */
const NO_REQUEST: WireContext = { logId: 'default', deadline: undefined, path: '', headers: {}, origin: 'local' };

/** The request that a call is made for, as far as the worker gets to know it, with the trace that it goes on in. @internal */
export function callContextOf(context: StageContext | undefined, signal: AbortSignal | undefined, traces: TraceCarrier): CallContext {
  const ofSignal = signal && signal !== context?.signal ? onAbortOf(signal) : undefined;
  if (!context) return { wire: NO_REQUEST, onAbort: ofSignal ?? (() => () => undefined) };
  const { logId, deadline, path, headers, origin } = context;
  const trace = contextStorage.run(context, () => traces.headers());
  const ofRequest: OnAbort = context instanceof RequestContext ? (listener) => context.onAbort(listener) : onAbortOf(context.signal);
  return {
    wire: { logId, deadline, path, headers: { ...headers, ...trace }, origin },
    onAbort: ofSignal ? both(ofRequest, ofSignal) : ofRequest,
  };
}

function onAbortOf(signal: AbortSignal): OnAbort {
  return (listener) => {
    const onAbort = (): void => listener(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return () => signal.removeEventListener('abort', onAbort);
  };
}

function both(first: OnAbort, second: OnAbort): OnAbort {
  return (listener) => {
    const releases = [first(listener), second(listener)];
    return () => {
      for (const release of releases) release();
    };
  };
}
