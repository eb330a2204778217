import type { Clock } from '../../common/clock.js';
import type { ResolvedAnomalyRule } from '../alert-rules.js';
import type { FindingListener } from '../error-rule-watch.js';
import { IncidentGate } from '../incident-gate.js';
import type { Detector, Verdict } from './detector.js';
import { ErrorRateDetector } from './error-rate-detector.js';
import { IntervalCounter, type IntervalSample } from './interval-sample.js';
import { LatencyDetector } from './latency-detector.js';
import { Persistence } from './persistence.js';

/** One request that is over. @internal */
export interface WatchedRequest {
  readonly handler: string;
  readonly path: string;
  readonly logId: string;
  readonly durationMs: number | undefined;
  readonly hasFailed: boolean;
}

/** @internal */
export interface AnomalyWatchInit {
  readonly rule: ResolvedAnomalyRule;
  readonly clock: Clock;
  readonly listener: FindingListener;
  /** What else has changed for the requests of a path, asked when an alert is made. */
  readonly changes: (path: string) => readonly string[];
}

/** Handlers that are told apart; further ones go unwatched. */
const MAX_HANDLERS = 500;
/** A sample that is still too small after as many intervals is left out. */
const LONGEST_SAMPLE = 10;
const MAX_LOG_IDS = 5;
/** An anomaly that goes on is told again after the cooldown, then after twice, four times as long. */
const REMINDER_PATIENCE = 2;
/** Samples whose requests an alert counts. */
const SHOWN_SAMPLES = 5;

/** Watches one signal of each handler. Time is given by `tick`, once an interval. @internal */
export class AnomalyWatch {
  /** By path, then by handler: several methods of one path may be served by several. */
  private readonly handlers = new Map<string, Map<string, HandlerWatch>>();
  private size = 0;

  constructor(private readonly init: AnomalyWatchInit) {}

  record(request: WatchedRequest): void {
    const { handler } = this.init.rule;
    if (handler !== undefined && handler !== request.handler && handler !== request.path) return;
    this.watchOf(request)?.record(request);
  }

  tick(): void {
    for (const watches of this.handlers.values()) for (const watch of watches.values()) watch.tick();
  }

  /** Paths with an anomaly that is on. */
  troubledPaths(): readonly string[] {
    return [...this.handlers].filter(([, watches]) => [...watches.values()].some(({ isOn }) => isOn)).map(([path]) => path);
  }

  private watchOf({ handler, path }: WatchedRequest): HandlerWatch | undefined {
    const known = this.handlers.get(path)?.get(handler);
    if (known || this.size >= MAX_HANDLERS) return known;
    const watch = new HandlerWatch(this.init, handler, path);
    const ofPath = this.handlers.get(path) ?? new Map<string, HandlerWatch>();
    this.handlers.set(path, ofPath.set(handler, watch));
    this.size += 1;
    return watch;
  }
}

class HandlerWatch {
  private readonly counter = new IntervalCounter();
  private readonly detector: Detector;
  private readonly persistence = new Persistence();
  private readonly gate: IncidentGate;
  private intervals = 0;
  private logIds: string[] = [];
  private recent: number[] = [];
  private beganAt = 0;

  constructor(
    private readonly init: AnomalyWatchInit,
    private readonly handler: string,
    private readonly path: string,
  ) {
    const { rule, clock } = init;
    this.detector = rule.anomaly === 'latency' ? new LatencyDetector(rule) : new ErrorRateDetector(rule);
    this.gate = new IncidentGate({ cooldownMs: rule.cooldownMs, quietMs: 0, patience: REMINDER_PATIENCE, clock });
  }

  get isOn(): boolean {
    return this.persistence.isOn;
  }

  record({ durationMs, hasFailed, logId }: WatchedRequest): void {
    this.counter.record(durationMs, hasFailed);
    const isOfInterest = this.init.rule.anomaly === 'latency' || hasFailed;
    if (isOfInterest && this.logIds.length < MAX_LOG_IDS) this.logIds.push(logId);
  }

  tick(): void {
    this.intervals += 1;
    const isLarge = this.counter.requests >= this.init.rule.minRequests;
    if (!isLarge && this.intervals < LONGEST_SAMPLE) return;
    this.intervals = 0;
    const sample = this.counter.take();
    if (isLarge) this.judge(sample);
    this.logIds = [];
  }

  private judge(sample: IntervalSample): void {
    const { clock } = this.init;
    this.recent = [...this.recent.slice(1 - SHOWN_SAMPLES), sample.requests];
    const verdict = this.detector.judge(sample, clock.now());
    if (!verdict) return;
    const wasOn = this.persistence.isOn;
    const isOn = this.persistence.add(verdict);
    if (isOn && !wasOn) this.beganAt = clock.now();
    const said = this.gate.step(isOn, verdict.state === 'high');
    if (said) this.tell(said, verdict);
  }

  private tell(state: 'firing' | 'recovered', { observed, expected, sigma }: Verdict): void {
    const { rule, clock, changes, listener } = this.init;
    listener({
      state,
      kind: 'anomaly',
      rule: rule.name,
      tier: 'L3',
      code: undefined,
      handler: this.handler,
      breakdown: [],
      count: this.recent.reduce((sum, count) => sum + count, 0),
      withinMs: this.recent.length * rule.intervalMs,
      folded: 0,
      firstAt: new Date(this.beganAt).toISOString(),
      lastAt: new Date(clock.now()).toISOString(),
      logIds: state === 'firing' ? this.logIds : [],
      message: '',
      anomaly: { signal: rule.anomaly, observed, expected, sigma },
      changes: state === 'firing' ? changes(this.path) : [],
    });
  }
}
