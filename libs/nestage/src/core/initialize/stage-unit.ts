import type { Type } from '@nestjs/common';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Exploration, FoundProvider } from '../discovery/stage-explorer.js';
import { StartFaultError } from '../discovery/start-fault.js';
import { classLabel } from '../discovery/stage-route.js';
import type { ModelLifecycle } from '../stage/stage-lifecycle.js';
import { isStageModel } from '../stage/stage-metadata.js';

/** Where a unit is on its way to serving. @publicApi */
export type UnitState = 'waiting' | 'initializing' | 'ready' | 'failed';

/** A model or handler that is initialized once, after everything that is injected into it. @internal */
export class StageUnit {
  private current: UnitState = 'waiting';
  private readonly listeners: (() => void)[] = [];
  /** What its last attempt threw. */
  error: unknown;
  /** What runs its routes in its place: initialized after it, disposed before it. */
  runners: readonly Pick<ModelLifecycle, 'initialize' | 'dispose'>[] = [];
  /** Whether other processes do all of its work, so that there is nothing to initialize here. */
  isIdle = false;

  constructor(
    readonly type: Type,
    readonly kind: 'model' | 'handler',
    private readonly wrapper: InstanceWrapper,
    /** Units that must be ready before this one starts. */
    readonly needs: readonly StageUnit[],
  ) {}

  get name(): string {
    return this.type.name;
  }

  get state(): UnitState {
    return this.current;
  }

  set state(state: UnitState) {
    this.current = state;
    if (state === 'ready') for (const listener of this.listeners.splice(0)) listener();
  }

  /** Calls back once it is ready, at once if it is. */
  whenReady(listener: () => void): void {
    if (this.current === 'ready') listener();
    else this.listeners.push(listener);
  }

  /** The provider itself; `undefined` for request-scoped and idle ones, which have nothing to initialize. */
  get instance(): ModelLifecycle | undefined {
    if (this.isIdle) return undefined;
    return this.wrapper.isDependencyTreeStatic() ? (this.wrapper.instance as ModelLifecycle) : undefined;
  }

  /** All that is initialized and disposed with it, in the order of their initialization. */
  get parts(): readonly Pick<ModelLifecycle, 'initialize' | 'dispose'>[] {
    return this.instance ? [this.instance, ...this.runners] : this.runners;
  }

  /** Ready, and so is everything it needs. */
  get isReady(): boolean {
    return this.state === 'ready' && this.needs.every((unit) => unit.isReady);
  }
}

/**
 * Models and handlers as units with their order. Models come before all handlers; among each kind, what is injected comes first.
 * A handler that needs a failed model fails with it; handlers that don't inject it do not.
 * To be called when all providers exist: Nest knows only then what is injected into what.
 * @throws StartFaultError for units that can't be initialized once, or in no order
 * @internal
 */
export function toStageUnits({ routes, models }: Exploration): readonly StageUnit[] {
  const found = new Map<InstanceWrapper, { readonly provider: FoundProvider; readonly kind: 'model' | 'handler' }>();
  for (const provider of routes) found.set(provider.wrapper, { provider, kind: 'handler' });
  for (const provider of models) found.set(provider.wrapper, { provider, kind: 'model' });
  const faults = [...found.values()].flatMap(({ provider }) => scopedInitializer(provider));
  const units = new Map<InstanceWrapper, StageUnit>();
  const unitOf = (wrapper: InstanceWrapper, way: readonly InstanceWrapper[]): readonly StageUnit[] => {
    const known = units.get(wrapper);
    const entry = found.get(wrapper);
    if (known) return [known];
    if (!entry) return [];
    if (way.includes(wrapper)) {
      faults.push(circleText([...way.slice(way.indexOf(wrapper)), wrapper]));
      return [];
    }
    const needs = injectedUnits(wrapper, (candidate) => found.has(candidate)).flatMap((need) => unitOf(need, [...way, wrapper]));
    const unit = new StageUnit(entry.provider.type, entry.kind, wrapper, needs);
    units.set(wrapper, unit);
    return [unit];
  };
  for (const wrapper of found.keys()) unitOf(wrapper, []);
  if (faults.length > 0) throw new StartFaultError([...new Set(faults)]);
  return [...units.values()];
}

function scopedInitializer({ type, wrapper }: FoundProvider): string[] {
  if (wrapper.isDependencyTreeStatic() || !(type.prototype as ModelLifecycle).initialize) return [];
  const remedy = isStageModel(type) ? 'make it and what is injected into it singletons' : 'move it to a @StageModel()';
  return [`${classLabel(type)} is request-scoped and has initialize(), which runs once for all: ${remedy}.`];
}

function circleText(wrappers: readonly InstanceWrapper[]): string {
  const names = wrappers.map(({ name }) => String(name));
  return `${names.join(' -> ')} inject each other, so that none can be initialized first: take one of these injections out.`;
}

/** The nearest units among all that is injected into a provider, directly or through ordinary providers. */
function injectedUnits(root: InstanceWrapper, isUnit: (wrapper: InstanceWrapper) => boolean): InstanceWrapper[] {
  const result = new Set<InstanceWrapper>();
  const seen = new Set<InstanceWrapper>([root]);
  const visit = (wrapper: InstanceWrapper): void => {
    for (const dependency of dependenciesOf(wrapper)) {
      if (seen.has(dependency)) continue;
      seen.add(dependency);
      if (isUnit(dependency)) result.add(dependency);
      else visit(dependency);
    }
  };
  visit(root);
  return [...result];
}

function dependenciesOf(wrapper: InstanceWrapper): InstanceWrapper[] {
  const properties = wrapper.getPropertiesMetadata() ?? [];
  return [...(wrapper.getCtorMetadata() ?? []), ...properties.map((property) => property.wrapper)].filter(Boolean);
}
