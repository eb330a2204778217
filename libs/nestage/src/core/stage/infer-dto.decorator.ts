import { INFERRED_STAGES } from './stage-metadata.js';

/**
 * Reads the DTO from a stage's types instead of the options: on `preProcess` the class of its first parameter becomes `request`,
 * on a synchronous `postProcess` the class that it returns becomes `response`. Only classes can be read: an interface, a union or a
 * promise leaves nothing behind at run time, and start fails saying so.
 *
 * @example
 * ```ts
 * @InferDto()
 * preProcess(request: SummaryRequest) { return request.text.trim(); }
 * ```
 * @publicApi
 */
export function InferDto(): (prototype: object, stage: 'preProcess' | 'postProcess') => void {
  return (prototype, stage) => {
    const known = Reflect.getOwnMetadata(INFERRED_STAGES, prototype) as ReadonlySet<string> | undefined;
    Reflect.defineMetadata(INFERRED_STAGES, new Set([...(known ?? []), stage]), prototype);
  };
}
