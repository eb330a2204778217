import type { Clock } from '../common/clock.js';
import type { ErrorTier } from '../core/errors/error-catalogue.js';
import type { Alert } from './alert.js';
import type { ResolvedErrorRule } from './alert-rules.js';
import { type CountedError, ErrorWindow } from './error-window.js';
import { IncidentGate } from './incident-gate.js';

/** What a watch says; the monitor makes an alert of it. @internal */
export type Finding = Omit<Alert, 'id' | 'service'>;

/** @internal */
export type FindingListener = (finding: Finding) => void;

/** Groups that are kept apart in one rule; further ones are counted together. */
const MAX_GROUPS = 256;
const OVERFLOW = '(other)';
/** How often a rule that fires is looked at again, as a share of its window. */
const LOOKS_PER_WINDOW = 20;

/** Counts the errors of one rule, and says when it fires and when that is over. @internal */
export class ErrorRuleWatch {
  private readonly groups = new Map<string, Group>();

  constructor(
    private readonly rule: ResolvedErrorRule,
    private readonly clock: Clock,
    private readonly listener: FindingListener,
  ) {}

  matches(error: CountedError & { readonly tier: ErrorTier }): boolean {
    const { tier, code, handler } = this.rule;
    if (tier !== error.tier || (code !== undefined && code !== error.code)) return false;
    return handler === undefined || handler === error.handler || handler === error.path;
  }

  record(error: CountedError): void {
    this.groupOf(this.rule.groupBy.map((by) => error[by] ?? '').join(' ')).record(error);
  }

  stop(): void {
    for (const group of this.groups.values()) group.stop();
  }

  private groupOf(key: string): Group {
    const known = this.groups.get(key);
    if (known) return known;
    if (this.groups.size >= MAX_GROUPS) this.forgetIdle();
    const name = this.groups.size < MAX_GROUPS ? key : OVERFLOW;
    const group = this.groups.get(name) ?? new Group(this.rule, this.clock, this.listener);
    this.groups.set(name, group);
    return group;
  }

  private forgetIdle(): void {
    for (const [key, group] of this.groups) if (group.isIdle) this.groups.delete(key);
  }
}

/** The errors of one rule that are counted together. */
class Group {
  private readonly window: ErrorWindow;
  private readonly gate: IncidentGate;
  private folded = 0;
  private lastAt = 0;
  /** The previous alert, for the news that it is over. */
  private last: Finding | undefined;
  private cancelLook: (() => void) | undefined;

  constructor(
    private readonly rule: ResolvedErrorRule,
    private readonly clock: Clock,
    private readonly listener: FindingListener,
  ) {
    this.window = new ErrorWindow(rule.withinMs, clock);
    this.gate = new IncidentGate({ cooldownMs: rule.cooldownMs, quietMs: rule.withinMs, clock });
  }

  get isIdle(): boolean {
    return !this.gate.needsTime && !this.gate.isCooling && this.window.count === 0;
  }

  record(error: CountedError): void {
    this.window.add(error);
    this.lastAt = this.clock.now();
    if (this.look() !== 'firing' && (this.gate.isFiring || this.gate.isCooling)) this.folded += 1;
  }

  stop(): void {
    this.cancelLook?.();
  }

  private look(): Finding['state'] | undefined {
    const said = this.gate.step(this.window.count >= this.rule.count);
    if (said === 'firing') this.fire();
    else if (said === 'recovered') this.recover();
    if (this.gate.needsTime && !this.cancelLook) this.lookLater();
    return said;
  }

  private lookLater(): void {
    this.cancelLook = this.clock.schedule(Math.max(10, this.rule.withinMs / LOOKS_PER_WINDOW), () => {
      this.cancelLook = undefined;
      this.look();
    });
  }

  private fire(): void {
    const { rule, folded } = this;
    const { firstAt, lastAt, breakdown, ...summary } = this.window.summary();
    const [top] = breakdown.length > 0 ? breakdown : (this.last?.breakdown ?? []);
    this.folded = 0;
    this.last = {
      ...summary,
      breakdown,
      folded,
      state: 'firing',
      kind: 'errors',
      rule: rule.name,
      tier: rule.tier,
      code: top?.code,
      handler: top?.handler,
      withinMs: rule.withinMs,
      firstAt: new Date(firstAt).toISOString(),
      lastAt: new Date(lastAt).toISOString(),
      anomaly: undefined,
      changes: [],
    };
    this.listener(this.last);
  }

  /** Tells of the incident as it began, with what is left of it. */
  private recover(): void {
    const { folded, last } = this;
    this.folded = 0;
    if (!last) return;
    this.listener({ ...last, state: 'recovered', count: this.window.count, folded, lastAt: new Date(this.lastAt).toISOString() });
  }
}
