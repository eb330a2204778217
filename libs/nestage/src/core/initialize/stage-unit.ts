import type { Type } from '@nestjs/common';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Exploration, FoundProvider } from '../discovery/stage-explorer.js';
import type { ModelLifecycle } from '../stage/stage-lifecycle.js';

/** Where a unit is on its way to serving. @publicApi */
export type UnitState = 'waiting' | 'initializing' | 'ready' | 'failed';

/** A model or handler that is initialized once, after everything that is injected into it. @internal */
export class StageUnit {
  state: UnitState = 'waiting';
  /** What its last attempt threw. */
  error: unknown;

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

  /** The provider itself; `undefined` for request-scoped ones, which have nothing to initialize. */
  get instance(): ModelLifecycle | undefined {
    return this.wrapper.isDependencyTreeStatic() ? (this.wrapper.instance as ModelLifecycle) : undefined;
  }

  /** Ready, and so is everything it needs. */
  get isReady(): boolean {
    return this.state === 'ready' && this.needs.every((unit) => unit.isReady);
  }
}

/**
 * Models and handlers as units with their order. Models come before all handlers; among each kind, what is injected comes first.
 * A handler that needs a failed model fails with it; handlers that don't inject it do not.
 * @internal
 */
export function toStageUnits({ routes, models }: Exploration): readonly StageUnit[] {
  const found = new Map<InstanceWrapper, { readonly provider: FoundProvider; readonly kind: 'model' | 'handler' }>();
  for (const provider of routes) found.set(provider.wrapper, { provider, kind: 'handler' });
  for (const provider of models) found.set(provider.wrapper, { provider, kind: 'model' });
  const units = new Map<InstanceWrapper, StageUnit>();
  const unitOf = (wrapper: InstanceWrapper): StageUnit => {
    const known = units.get(wrapper);
    if (known) return known;
    const { provider, kind } = found.get(wrapper)!; // eslint-disable-line @typescript-eslint/no-non-null-assertion -- only found wrappers get here
    const needs = injectedUnits(wrapper, (candidate) => found.has(candidate)).map(unitOf);
    const unit = new StageUnit(provider.type, kind, wrapper, needs);
    units.set(wrapper, unit);
    return unit;
  };
  for (const wrapper of found.keys()) unitOf(wrapper);
  return [...units.values()];
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
