import { Injectable } from '@nestjs/common';
import { PlaceList } from '../../common/place-list.js';
import type { ClassifiedError } from '../errors/classify-error.js';
import type { AbortCause } from './request-aborted.error.js';
import type { RequestContext } from './request-context.js';

/** What a transport knows of a request when it is over, whatever became of it. @publicApi */
export interface FinishedRequest {
  readonly context: RequestContext;
  /** HTTP method, or the word of another transport for it. */
  readonly method: string;
  /** Status of the answer; 499 when the client left before any. */
  readonly status: number;
  /** What failed, also after the answer had begun; `undefined` for a success, and for what others than this service answered. */
  readonly failure: ClassifiedError | undefined;
  /** Why its signal fired, if it did. */
  readonly abortedBy: AbortCause | undefined;
  readonly durationMs: number;
  /** Bytes of the request's body as they came in. */
  readonly bytesIn: number;
  /** Bytes of the answer on the wire, its head included. */
  readonly bytesOut: number;
}

/** When it was over, by the monotonic clock: saves observers a reading of their own. @internal */
export const endOf = ({ context, durationMs }: FinishedRequest): number => context.startedAt + durationMs;

/** Told of every request, also of those that no handler gets to see. Must not throw; what it throws is dropped. @publicApi */
export interface RequestObserver {
  /** The context is open; path and handler are not known yet. */
  readonly started?: (context: RequestContext, method: string) => void;
  /** Called exactly once a request; its stages may still be running when the client has gone. */
  readonly finished?: (request: FinishedRequest) => void;
}

/**
 * Where transports tell of the requests that they open and close, and rooms listen.
 * @publicApi
 */
@Injectable()
export class RequestEvents {
  private readonly observers: RequestObserver[] = [];
  private readonly requests = new PlaceList<RequestContext>();

  observe(observer: RequestObserver): void {
    this.observers.push(observer);
  }

  /** Those that have started and are not finished. @internal */
  open(): readonly RequestContext[] {
    return this.requests.all();
  }

  /** @internal */
  started(context: RequestContext, method: string): void {
    this.requests.add(context);
    for (const observer of this.observers) {
      try {
        observer.started?.(context, method);
      } catch {
        // an observer that fails must not fail the request that it observes
      }
    }
  }

  /** @internal */
  finished(request: FinishedRequest): void {
    this.requests.remove(request.context);
    for (const observer of this.observers) {
      try {
        observer.finished?.(request);
      } catch {
        // as above
      }
    }
  }
}
