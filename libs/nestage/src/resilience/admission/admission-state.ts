import { Injectable } from '@nestjs/common';
import type { Admission } from './admission.js';

/** How full a route is. @publicApi */
export interface AdmissionGauges {
  /** Permits that are out, abandoned ones included. */
  readonly inFlight: number;
  readonly waiting: number;
  /** Permits held by work that goes on although its request is over. */
  readonly abandoned: number;
  /** Most permits that may be out now. */
  readonly concurrency: number;
  /** Places in the waiting room. */
  readonly queue: number;
}

/** How full each route is right now, for metrics and status pages. @publicApi */
@Injectable()
export class AdmissionState {
  private readonly byPath = new Map<string, Admission[]>();

  /** @internal */
  add(path: string, admission: Admission): void {
    this.byPath.set(path, [...(this.byPath.get(path) ?? []), admission]);
  }

  get paths(): readonly string[] {
    return [...this.byPath.keys()];
  }

  /** Gauges of a path as given to `@StageHandler`, summed over its methods; `undefined` for an unknown one. */
  of(path: string): AdmissionGauges | undefined {
    const all = this.byPath.get(path);
    const sum = (read: (admission: Admission) => number): number => (all ?? []).reduce((total, each) => total + read(each), 0);
    return (
      all && {
        inFlight: sum(({ permits }) => permits.inUse),
        waiting: sum(({ permits }) => permits.waiting),
        abandoned: sum(({ abandoned }) => abandoned),
        concurrency: sum(({ permits }) => permits.limit),
        queue: sum(({ options }) => options.queue),
      }
    );
  }

  /**
   * Sets how many may run at once from now on, in place of the route's `concurrency`: what is running goes on.
   * A path with several methods gets it for each. An adaptive `concurrency` goes on from its own number at its next change.
   */
  resize(path: string, concurrency: number): void {
    for (const { permits } of this.byPath.get(path) ?? []) permits.resize(Math.max(1, Math.floor(concurrency)));
  }
}
