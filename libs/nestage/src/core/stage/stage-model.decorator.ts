import type { Type } from '@nestjs/common';
import type { ModelLifecycle } from './stage-lifecycle.js';
import { STAGE_MODEL } from './stage-metadata.js';

/**
 * Marks a provider that handlers share and that must be initialized once before them: loaded weights, a pool, a connection.
 * A model that is injected into another is initialized before it; independent ones in parallel.
 *
 * @example
 * ```ts
 * @StageModel()
 * export class SummaryModel {
 *   async initialize() { this.weights = await load(); }
 * }
 * ```
 * @publicApi
 */
export function StageModel(): (target: Type<ModelLifecycle>) => void {
  return (target) => Reflect.defineMetadata(STAGE_MODEL, true, target);
}
