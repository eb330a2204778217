import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import {
  type Attributes,
  type Context,
  context,
  type ContextManager,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';

/** A span as it was left. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  readonly hasEnded: boolean;
}

/** The least that an SDK is: a provider that keeps spans in memory, and a context manager. `register` before use, `unregister` after. */
export class MemoryTracing implements TracerProvider {
  readonly spans: MemorySpan[] = [];
  private readonly contexts = new AsyncContexts();

  register(): this {
    trace.setGlobalTracerProvider(this);
    context.setGlobalContextManager(this.contexts);
    return this;
  }

  unregister(): void {
    trace.disable();
    context.disable();
  }

  getTracer(): Tracer {
    const startSpan = (name: string, options: SpanOptions = {}, parent: Context = context.active()): Span => {
      const span = new MemorySpan(name, options, trace.getSpanContext(parent));
      this.spans.push(span);
      return span;
    };
    return {
      startSpan,
      startActiveSpan: () => {
        throw new Error('Not used here');
      },
    };
  }

  named(name: string): MemorySpan {
    const found = this.spans.find((span) => span.name === name);
    if (!found) throw new Error(`No span ${name} among ${this.spans.map((span) => span.name).join(', ')}`);
    return found;
  }
}

class MemorySpan implements Span, RecordedSpan {
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly attributes: Attributes;
  status: SpanStatus = { code: SpanStatusCode.UNSET };
  hasEnded = false;

  constructor(
    public name: string,
    { kind = SpanKind.INTERNAL, attributes = {} }: SpanOptions,
    readonly parent: SpanContext | undefined,
  ) {
    this.kind = kind;
    this.attributes = { ...attributes };
    this.context = {
      traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      traceFlags: TraceFlags.SAMPLED,
      isRemote: false,
    };
  }

  spanContext(): SpanContext {
    return this.context;
  }

  setAttribute(key: string, value: Attributes[string]): this {
    this.attributes[key] = value;
    return this;
  }

  setAttributes(attributes: Attributes): this {
    Object.assign(this.attributes, attributes);
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.status = status;
    return this;
  }

  updateName(name: string): this {
    this.name = name;
    return this;
  }

  end(): void {
    if (this.hasEnded) throw new Error(`${this.name} has ended twice`);
    this.hasEnded = true;
  }

  isRecording(): boolean {
    return !this.hasEnded;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  recordException(): void {
    // not looked at
  }
}

class AsyncContexts implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...parameters: A) => ReturnType<F>>(
    active: Context,
    work: F,
    thisArg?: ThisParameterType<F>,
    ...parameters: A
  ): ReturnType<F> {
    return this.storage.run(active, () => work.apply(thisArg, parameters));
  }

  bind<T>(_context: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.storage.disable();
    return this;
  }
}
