import type { Type } from '@nestjs/common';
import type { StageHandlerOptions } from './stage-handler.options.js';

/** A path that a handler class answers, with the options it was given there. @internal */
export interface StageDeclaration {
  readonly path: string;
  readonly options: StageHandlerOptions<any, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- holds every pair of DTOs
}

/** @internal */
export const STAGE_HANDLER = 'nestage:stage-handler';
/** @internal */
export const STAGE_MODEL = 'nestage:stage-model';
/** @internal */
export const INFERRED_STAGES = 'nestage:inferred-stages';
/** @internal */
export const REQUEST_FIELDS = 'nestage:request-fields';

/** Paths declared on a class by `@StageHandler`, its own only: a subclass is no handler by inheritance. @internal */
export function declarationsOf(target: object): readonly StageDeclaration[] {
  return (Reflect.getOwnMetadata(STAGE_HANDLER, target) as readonly StageDeclaration[] | undefined) ?? [];
}

/** Whether a class carries `@StageModel`. @internal */
export function isStageModel(target: object): boolean {
  return Reflect.hasOwnMetadata(STAGE_MODEL, target);
}

/** The method that decorators on `run` have marked. Where `run` stands in a worker file there is none, and nothing is marked. @internal */
export function runMethodOf(target: Type): object {
  return (target.prototype as { readonly run?: object }).run ?? NO_RUN;
}

const NO_RUN = (): void => undefined;

/**
 * DTO class that `@InferDto()` read from a stage's types: the first parameter of `preProcess`, the result of `postProcess`.
 * Interfaces, unions and promises leave `Object` behind, which says nothing and counts as absent.
 * @internal
 */
export function inferredDto(target: Type, stage: 'preProcess' | 'postProcess'): Type | undefined {
  const prototype = target.prototype as object;
  const inferred = Reflect.getOwnMetadata(INFERRED_STAGES, prototype) as ReadonlySet<string> | undefined;
  if (!inferred?.has(stage)) return undefined;
  const type: unknown =
    stage === 'preProcess'
      ? (Reflect.getOwnMetadata('design:paramtypes', prototype, stage) as unknown[] | undefined)?.[0]
      : Reflect.getOwnMetadata('design:returntype', prototype, stage);
  return typeof type === 'function' && !UNTYPED.has(type) ? (type as Type) : undefined;
}

const UNTYPED: ReadonlySet<unknown> = new Set([Object, String, Number, Boolean, Array, Promise, Function, Symbol, BigInt]);
