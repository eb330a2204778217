/** Marks a protocol whose route serves models, with their ids. @internal */
export const MODELS = Symbol('nestage:models');

/** @internal */
export interface ServesModels {
  readonly [MODELS]: readonly string[];
}

/** Ids that a protocol serves; none for a protocol without models. @internal */
export function modelsOf(protocol: object): readonly string[] {
  return (protocol as Partial<ServesModels>)[MODELS] ?? [];
}
