import type { RequestContext } from '../core/context/request-context.js';

/** @internal */
export interface BatchItemInit {
  readonly input: unknown;
  readonly context: RequestContext;
  /** What it counts for in a batch. */
  readonly size: number;
  /** When it came, by the monotonic clock. */
  readonly since: number;
}

/** One input on its way through a batch. The first way to settle it stands; whatever comes later is dropped. @internal */
export class BatchItem {
  readonly input: unknown;
  readonly context: RequestContext;
  readonly size: number;
  readonly since: number;
  readonly result: Promise<unknown>;
  private state: 'open' | 'resolved' | 'rejected' = 'open';
  private settle!: { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void };

  constructor({ input, context, size, since }: BatchItemInit) {
    this.input = input;
    this.context = context;
    this.size = size;
    this.since = since;
    this.result = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
  }

  /** Whether nobody waits for its result any more. */
  get isOver(): boolean {
    return this.state !== 'open';
  }

  get hasFailed(): boolean {
    return this.state === 'rejected';
  }

  resolve(value: unknown): void {
    if (this.isOver) return;
    this.state = 'resolved';
    this.settle.resolve(value);
  }

  reject(error: unknown): void {
    if (this.isOver) return;
    this.state = 'rejected';
    this.settle.reject(error);
  }
}
