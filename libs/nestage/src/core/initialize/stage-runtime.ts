import { Injectable, type Type } from '@nestjs/common';
import { RequestError } from '../errors/service-errors.js';
import type { FoundRoute } from '../discovery/stage-explorer.js';
import type { StageUnit, UnitState } from './stage-unit.js';
import { NOT_READY_RETRY_AFTER_SECONDS } from './stage-initializer.js';

/**
 * What the service can do right now: which routes it has, whether each is ready, whether it is shutting down.
 * @publicApi
 */
@Injectable()
export class StageRuntime {
  private found: readonly FoundRoute[] = [];
  private units: readonly StageUnit[] = [];
  private byHandler = new Map<Type, StageUnit>();
  private draining = false;
  private faulted = false;

  /** Tells which routes there are: once, when they are found. @internal */
  openRoutes(routes: readonly FoundRoute[]): void {
    this.found = routes;
  }

  /** Tells what is initialized before they serve: once, when all providers exist. @internal */
  openUnits(units: readonly StageUnit[]): void {
    this.units = units;
    this.byHandler = new Map(units.map((unit) => [unit.type, unit]));
  }

  get routes(): readonly FoundRoute[] {
    return this.found;
  }

  get stageUnits(): readonly StageUnit[] {
    return this.units;
  }

  /** From the first moment of shutdown. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** Whether load balancers may send requests: at least one route, every unit ready, not shutting down, no fatal error so far. */
  get isReady(): boolean {
    return !this.draining && !this.faulted && this.found.length > 0 && this.units.every((unit) => unit.isReady);
  }

  /** Calls back once a handler is ready, with all that it needs. To be asked when all units are known. @internal */
  whenReady(handler: Type, listener: () => void): void {
    this.byHandler.get(handler)?.whenReady(listener);
  }

  /** After a fatal error: never ready again. @internal */
  fail(): void {
    this.faulted = true;
  }

  /** @internal */
  drain(): void {
    this.draining = true;
  }

  /** Where a handler is on its way to serving. @internal */
  stateOf(handler: Type): UnitState {
    return this.byHandler.get(handler)?.state ?? 'waiting';
  }

  /** Whether a handler is ready. @internal */
  isServing(handler: Type): boolean {
    return this.byHandler.get(handler)?.isReady === true;
  }

  /**
   * Lets a request through to a handler that is ready.
   * @throws RequestError `not_ready` with Retry-After
   */
  assertReady(handler: Type): void {
    if (this.isServing(handler)) return;
    throw new RequestError(`${handler.name} is not initialized yet`, {
      code: 'not_ready',
      retryAfterSeconds: NOT_READY_RETRY_AFTER_SECONDS,
    });
  }
}
