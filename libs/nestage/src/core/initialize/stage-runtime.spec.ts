import type { Type } from '@nestjs/common';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { FoundRoute } from '../discovery/stage-explorer.js';
import { StageRuntime } from './stage-runtime.js';
import { StageUnit, type UnitState } from './stage-unit.js';

class FirstHandler {}
class SecondHandler {}

describe('StageRuntime', () => {
  function runtimeWith(...states: UnitState[]): StageRuntime {
    const types: readonly Type[] = [FirstHandler, SecondHandler].slice(0, states.length);
    const units = types.map((type) => new StageUnit(type, 'handler', new InstanceWrapper({ name: type.name }), []));
    units.forEach((unit, index) => (unit.state = states[index]));
    const runtime = new StageRuntime();
    runtime.openRoutes(types.map((type) => ({ type }) as FoundRoute));
    runtime.openUnits(units);
    return runtime;
  }

  it('is ready when every unit is', () => {
    expect(runtimeWith('ready', 'ready').isReady).toBe(true);
    for (const state of ['waiting', 'initializing', 'failed'] as const) expect(runtimeWith('ready', state).isReady).toBe(false);
  });

  it('is not ready before it knows of anything, nor with no route', () => {
    expect(new StageRuntime().isReady).toBe(false);
    expect(runtimeWith().isReady).toBe(false);
  });

  it('is not ready from the first moment of shutdown, while handlers still serve', () => {
    const runtime = runtimeWith('ready');
    expect([runtime.isReady, runtime.isDraining]).toEqual([true, false]);
    runtime.drain();
    expect([runtime.isReady, runtime.isDraining]).toEqual([false, true]);
    expect(() => runtime.assertReady(FirstHandler)).not.toThrow();
  });

  it('lets requests through to handlers that are ready, and to those only', () => {
    const runtime = runtimeWith('ready', 'initializing');
    expect(() => runtime.assertReady(FirstHandler)).not.toThrow();
    let thrown: unknown;
    try {
      runtime.assertReady(SecondHandler);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'not_ready', retryAfterSeconds: 1, message: 'SecondHandler is not initialized yet' });
    expect(() => runtime.assertReady(class Unknown {})).toThrow('Unknown is not initialized yet');
  });
});
