import { Injectable } from '@nestjs/common';

/**
 * Gives the headers that carry the current trace on, so that rooms that send work elsewhere need not know who traces.
 * @internal
 */
@Injectable()
export class TraceCarrier {
  private source: () => Readonly<Record<string, string>> = () => ({});

  /** The last source that was given is asked. */
  use(source: () => Readonly<Record<string, string>>): void {
    this.source = source;
  }

  /** `traceparent` and what goes with it; empty when there is no trace. */
  headers(): Readonly<Record<string, string>> {
    return this.source();
  }
}
