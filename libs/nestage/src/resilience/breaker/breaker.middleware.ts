import { isInstance, isPromiseLike } from '../../common/type-guards.js';
import type { RequestAbortedError } from '../../core/context/request-aborted.error.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { classifyError } from '../../core/errors/classify-error.js';
import { RequestError } from '../../core/errors/service-errors.js';
import type { OptionClaims } from '../../core/options/option-claims.js';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { StageAround, StageCall, StageMiddleware, StageNext } from '../../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../../core/pipeline/stage-plugins.js';
import { StageStream } from '../../core/pipeline/stage-stream.js';
import { upstreamAnswerOf } from '../upstream-answer.js';
import { BREAKER_CHECKS } from './breaker.options.js';
import type { Breakers } from './breakers.js';
import type { CallOutcome, Circuit, CircuitPass } from './circuit.js';
import type { Degrade, Fallbacks } from './fallbacks.js';

/** @internal */
export interface BreakerMiddlewareInit {
  readonly plugins: StagePlugins;
  readonly claims: OptionClaims;
  readonly events: StageEvents;
  readonly breakers: Breakers;
  readonly fallbacks: Fallbacks;
}

/**
 * Keeps requests from a failing model. Stands at two places: at the gate, so that an open breaker costs no permit and no wait, and right
 * around the calls, to see how they end.
 * @internal
 */
export class BreakerMiddleware implements StageMiddleware {
  readonly slot = 'breaker';
  /** Probes on their way from the gate to `run`. */
  private readonly probes = new WeakMap<Circuit, WeakMap<RequestContext, CircuitPass>>();

  constructor(private readonly init: BreakerMiddlewareInit) {
    init.claims.claim({ handler: BREAKER_CHECKS });
    init.plugins.use({ slot: 'gate', attach: (route) => this.attachGate(route) });
    init.plugins.use(this);
  }

  attach(route: StageRoute): StageAround | undefined {
    const circuit = this.init.breakers.of(route);
    const isOnError = route.options.fallbackOn === 'error';
    if (!circuit && !isOnError) return undefined;
    const degrade = this.init.fallbacks.attach(route);
    const onError: Degrade = isOnError
      ? degrade
      : (_call, error) => {
          throw error;
        };
    return (call, next) => {
      if (!circuit) return watch(call, next, { tell: () => undefined, onError, isProbe: false });
      const pass = this.probes.get(circuit)?.get(call.context) ?? circuit.admit();
      if (!pass) return this.refuse(route, circuit, degrade, call); // it opened while the request waited for its permit
      return watch(call, next, { tell: (outcome) => circuit.settle(pass, outcome), onError, isProbe: pass.isProbe });
    };
  }

  private attachGate(route: StageRoute): StageAround | undefined {
    const circuit = this.init.breakers.of(route);
    if (!circuit) return undefined;
    const degrade = this.init.fallbacks.attach(route);
    const probes = new WeakMap<RequestContext, CircuitPass>();
    this.probes.set(circuit, probes);
    return (call, next) => {
      const pass = circuit.admit();
      if (!pass) return this.refuse(route, circuit, degrade, call);
      if (!pass.isProbe) return next(call.input);
      probes.set(call.context, pass);
      // A probe that never came to `run` (no permit) leaves its place to the next.
      return whenSettled(
        () => next(call.input),
        () => circuit.settle(pass, 'neutral'),
      );
    };
  }

  private refuse(route: StageRoute, circuit: Circuit, degrade: Degrade, call: StageCall): unknown {
    this.init.events.emit({ type: 'breaker.refused', route: route.path, context: call.context });
    const error = new RequestError(`The breaker of ${route.name} is ${circuit.state === 'open' ? 'open' : 'half-open'}`, {
      code: 'breaker_open',
      retryAfterSeconds: circuit.probeInMs / 1000,
    });
    return degrade(call, error, 'open');
  }
}

interface Watch {
  readonly tell: (outcome: CallOutcome) => void;
  readonly onError: Degrade;
  readonly isProbe: boolean;
}

/** Tells how a call ends, or that its request was aborted first, and lets the fallback answer a failure. */
function watch(call: StageCall, next: StageNext, { tell, onError, isProbe }: Watch): unknown {
  const { context } = call;
  const stopListening = context.onAbort((reason) => tell(outcomeOfAbort(reason, context)));
  const succeed = (value: unknown): unknown => {
    if (value instanceof StageStream && !isProbe) return watchStream(value, context, tell, stopListening);
    stopListening();
    tell('success');
    return value;
  };
  const fail = (error: unknown): unknown => {
    stopListening();
    tell(context.abortedBy ? 'neutral' : outcomeOf(error));
    if (context.abortedBy || !isFailure(error)) throw error;
    return onError(call, error, 'error');
  };
  let result: unknown;
  try {
    result = next(call.input);
  } catch (error) {
    return fail(error);
  }
  return isPromiseLike(result) ? Promise.resolve(result).then(succeed, fail) : succeed(result);
}

/** A stream is judged by its end, but for a probe, whose first item is enough: others are kept waiting by it. */
function watchStream(
  stream: StageStream,
  context: RequestContext,
  tell: (outcome: CallOutcome) => void,
  stopListening: () => void,
): StageStream {
  return stream.observe({
    end: (error) => {
      stopListening();
      if (!context.abortedBy) tell(error === undefined ? 'success' : outcomeOf(error));
    },
  });
}

/** What an upstream says of the request itself: no client may open the breaker for all others by what it sends. */
const REFUSED_INPUT: ReadonlySet<number | undefined> = new Set([400, 413, 415, 422]);

function outcomeOf(error: unknown): CallOutcome {
  return isFailure(error) && !REFUSED_INPUT.has(upstreamAnswerOf(error).status) ? 'failure' : 'neutral';
}

/** Whether a fallback may do better. What a room inside refused, such as a full batch queue, and what is the client's fault it would not. */
function isFailure(error: unknown): boolean {
  if (isInstance(error, RequestError)) return false;
  const { tier } = classifyError(error);
  return tier !== 'L1' && tier !== 'L2';
}

/** Only a deadline that the service itself set says that the model was too slow. */
function outcomeOfAbort({ abortCause }: RequestAbortedError, context: RequestContext): CallOutcome {
  return abortCause === 'deadline' && !context.isDeadlineShortened ? 'failure' : 'neutral';
}

function whenSettled(work: () => unknown, done: () => void): unknown {
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    done();
    throw error;
  }
  if (isPromiseLike(result))
    return Promise.resolve(result)
      .then((value) => afterStream(value, done))
      .catch((error: unknown) => {
        done();
        throw error;
      });
  return afterStream(result, done);
}

function afterStream(value: unknown, done: () => void): unknown {
  if (value instanceof StageStream) value.observe({ end: done });
  else done();
  return value;
}
