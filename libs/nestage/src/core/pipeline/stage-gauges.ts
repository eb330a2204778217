import { Injectable } from '@nestjs/common';

/** A figure that a room can tell at any time, by route or by a part of its own. @publicApi */
export interface StageGauge {
  /** In snake_case with its unit, such as `permits_in_use`; the metrics room shows it as `nestage_permits_in_use`. */
  readonly name: string;
  /** One sentence on what it counts. */
  readonly help: string;
  /** What its values are told apart by. @default 'path', of the route */
  readonly label?: string;
  /** Value of the label, and of the figure; asked at each scrape, so it must be cheap. */
  readonly read: () => Iterable<readonly [label: string, value: number]>;
}

/**
 * Where rooms offer their figures, so that metrics need not know them.
 *
 * @example
 * ```ts
 * gauges.provide({ name: 'permits_in_use', help: 'Permits held by requests.', read: () => permits.byRoute() });
 * ```
 * @publicApi
 */
@Injectable()
export class StageGauges {
  private readonly gauges = new Map<string, StageGauge>();

  /** A second gauge of a name takes the place of the first. */
  provide(gauge: StageGauge): void {
    this.gauges.set(gauge.name, gauge);
  }

  /** @internal */
  all(): readonly StageGauge[] {
    return [...this.gauges.values()];
  }
}
