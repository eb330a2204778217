import type { Clock } from '../../common/clock.js';
import type { FinishedRequest } from '../../core/context/request-events.js';
import { marksOf } from '../../core/context/request-marks.js';
import type { ResolvedAnomalyRule } from '../alert-rules.js';
import type { FindingListener } from '../error-rule-watch.js';
import { AnomalyWatch } from './anomaly-watch.js';
import type { ChangeWitness } from './change-witness.js';
import { DurationWitness } from './duration-witness.js';
import { EventWitness, type WitnessedEvent } from './event-witness.js';
import { MemoryWitness } from './memory-witness.js';

/** @internal */
export interface AnomalyMonitorInit {
  readonly rules: readonly ResolvedAnomalyRule[];
  readonly clock: Clock;
  readonly listener: FindingListener;
  /** Percent of the memory in use. */
  readonly memoryPercent: () => number;
}

/** All anomaly rules of a service, what they are fed with, and the time that they pass. @internal */
export class AnomalyMonitor {
  private readonly watches: readonly AnomalyWatch[];
  private readonly durations = new DurationWitness();
  private readonly events = new EventWitness();
  private readonly witnesses: readonly ChangeWitness[];
  private readonly cancels = new Set<() => void>();

  constructor(private readonly init: AnomalyMonitorInit) {
    const { rules, clock, listener, memoryPercent } = init;
    this.witnesses = [this.durations, this.events, new MemoryWitness(memoryPercent, this.witnessIntervalMs)];
    const changes = (path: string): readonly string[] => this.witnesses.flatMap((witness) => witness.changes(path));
    this.watches = rules.map((rule) => new AnomalyWatch({ rule, clock, listener, changes }));
  }

  start(): void {
    if (this.watches.length === 0) return;
    this.every(this.witnessIntervalMs, () => {
      const troubled = new Set(this.watches.flatMap((watch) => watch.troubledPaths()));
      for (const witness of this.witnesses) witness.tick(troubled);
    });
    this.watches.forEach((watch, index) => this.every(this.init.rules[index].intervalMs, () => watch.tick()));
  }

  stop(): void {
    for (const cancel of this.cancels) cancel();
  }

  /** Requests to the service's own routes, and those that found no handler, have no baseline. */
  finished({ context, durationMs, failure, abortedBy }: FinishedRequest): void {
    const { path, handlerName, logId, servicePath } = context;
    if (this.watches.length === 0 || !handlerName || servicePath) return;
    const isTimed = failure ? failure.code === 'deadline_exceeded' : !abortedBy;
    const hasFailed = failure?.tier === 'L3' || failure?.tier === 'L4';
    const request = { handler: handlerName, path, logId, hasFailed, durationMs: isTimed ? durationMs : undefined };
    for (const watch of this.watches) watch.record(request);
    if (!isTimed) return;
    const { stagesMs, waitedMs } = marksOf(context);
    const waits = Object.entries(waitedMs).map(([place, ms]) => [`waiting (${place})`, ms] as const);
    this.durations.record(path, { ...stagesMs, ...Object.fromEntries(waits) });
  }

  happened(event: WitnessedEvent): void {
    this.events.record(event);
  }

  private get witnessIntervalMs(): number {
    return Math.min(...this.init.rules.map(({ intervalMs }) => intervalMs));
  }

  private every(intervalMs: number, work: () => void): void {
    const again = (): void => {
      this.cancels.delete(cancel);
      work();
      this.every(intervalMs, work);
    };
    const cancel = this.init.clock.schedule(intervalMs, again);
    this.cancels.add(cancel);
  }
}
