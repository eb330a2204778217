import type { Type } from '@nestjs/common';
import type { StageHandlerOptions } from '../stage/stage-handler.options.js';

/** A route that is listed beside the class instead of on it. @publicApi */
export interface FeatureRoute {
  readonly path: string;
  /** A class that is a provider of exactly one module; it needs no decorator. */
  readonly handler: Type;
  readonly options?: StageHandlerOptions<any, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- any pair of DTOs
}

/** Value of the providers that `forFeature` leaves in a module, found by the explorer. @internal */
export class FeatureRoutes {
  constructor(readonly routes: readonly FeatureRoute[]) {}
}

/** Tokens of those providers are made by this, so that two lists never replace each other. @internal */
export const featureRoutesToken = (): symbol => Symbol('nestage:feature-routes');
