import type { Type } from '@nestjs/common';
import { Scope } from '@nestjs/common';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import type { FoundProvider, FoundRoute } from '../discovery/stage-explorer.js';
import { StartFaultError } from '../discovery/start-fault.js';
import { StageUnit, toStageUnits } from './stage-unit.js';

function wrapperOf(name: string, dependencies: readonly InstanceWrapper[] = [], scope = Scope.DEFAULT): InstanceWrapper {
  const type = { [name]: class {} }[name] as Type;
  const wrapper = new InstanceWrapper<object>({ name, metatype: type, instance: {}, isResolved: true, scope });
  dependencies.forEach((dependency, index) => wrapper.addCtorMetadata(index, dependency));
  return wrapper as InstanceWrapper;
}

const found = (wrapper: InstanceWrapper): FoundProvider => ({ type: wrapper.metatype as Type, wrapper, module: {} as Module });
const routeOf = (wrapper: InstanceWrapper): FoundRoute => ({ ...found(wrapper), route: {} as FoundRoute['route'] });

/** Names of what each unit needs. */
const needsOf = (units: readonly StageUnit[]): Record<string, string[]> =>
  Object.fromEntries(units.map(({ name, needs }) => [name, needs.map((need) => need.name)]));

describe('toStageUnits', () => {
  it('needs what is injected, directly and through ordinary providers, and only the nearest', () => {
    const base = wrapperOf('Base');
    const model = wrapperOf('Model', [base]);
    const repository = wrapperOf('Repository', [wrapperOf('Connection'), model]);
    const service = wrapperOf('Service', [repository]);
    const handler = wrapperOf('Handler', [service, model]);
    const units = toStageUnits({ routes: [routeOf(handler)], models: [found(model), found(base)] });
    expect(needsOf(units)).toEqual({ Base: [], Model: ['Base'], Handler: ['Model'] });
    expect(units.map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual(['handler Handler', 'model Base', 'model Model']);
  });

  it('needs what is injected into properties', () => {
    const model = wrapperOf('Model');
    const handler = wrapperOf('Handler');
    handler.addPropertiesMetadata('model', model);
    expect(needsOf(toStageUnits({ routes: [routeOf(handler)], models: [found(model)] }))).toEqual({ Model: [], Handler: ['Model'] });
  });

  it('makes one unit of a handler with several paths, and a model of what is both', () => {
    const handler = wrapperOf('Handler');
    const units = toStageUnits({ routes: [routeOf(handler), routeOf(handler)], models: [found(handler)] });
    expect(units.map(({ name, kind }) => `${kind} ${name}`)).toEqual(['model Handler']);
  });

  it('finds its way through ordinary providers that inject each other', () => {
    const model = wrapperOf('Model');
    const [north, south] = [wrapperOf('North'), wrapperOf('South')];
    north.addCtorMetadata(0, south);
    south.addCtorMetadata(0, north);
    south.addCtorMetadata(1, model);
    const handler = wrapperOf('Handler', [north]);
    expect(needsOf(toStageUnits({ routes: [routeOf(handler)], models: [found(model)] }))).toEqual({ Model: [], Handler: ['Model'] });
  });

  it('refuses units that inject each other, naming the way round', () => {
    const [first, second, third] = [wrapperOf('First'), wrapperOf('Second'), wrapperOf('Third')];
    first.addCtorMetadata(0, second);
    second.addCtorMetadata(0, wrapperOf('Between', [third]));
    third.addCtorMetadata(0, first);
    const exploration = { routes: [], models: [first, second, third].map(found) };
    expect(() => toStageUnits(exploration)).toThrow(StartFaultError);
    expect(() => toStageUnits(exploration)).toThrow(
      'First -> Second -> Third -> First inject each other, so that none can be initialized first: take one of these injections out.',
    );
  });

  it('ignores a unit that injects itself through another provider', () => {
    const handler = wrapperOf('Handler');
    handler.addCtorMetadata(0, wrapperOf('Between', [handler]));
    expect(needsOf(toStageUnits({ routes: [routeOf(handler)], models: [] }))).toEqual({ Handler: [] });
  });
});

describe('StageUnit', () => {
  it('is ready when it and all that it needs are', () => {
    const base = new StageUnit(class Base {}, 'model', wrapperOf('Base'), []);
    const model = new StageUnit(class Model {}, 'model', wrapperOf('Model'), [base]);
    model.state = 'ready';
    expect(model.isReady).toBe(false);
    base.state = 'ready';
    expect(model.isReady).toBe(true);
    base.state = 'failed';
    expect(model.isReady).toBe(false);
  });

  it('has no instance where one is made for each request', () => {
    const caller = wrapperOf('Caller', [], Scope.REQUEST);
    const scoped = wrapperOf('Scoped', [caller]);
    expect(new StageUnit(class Scoped {}, 'handler', scoped, []).instance).toBeUndefined();
    expect(new StageUnit(class Plain {}, 'handler', wrapperOf('Plain'), []).instance).toEqual({});
  });
});
