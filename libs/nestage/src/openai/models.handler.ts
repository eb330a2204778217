import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { RequestError } from '../core/errors/service-errors.js';
import { StageHandler } from '../core/stage/stage-handler.decorator.js';
import { openAiJson } from './openai-error.js';
import { modelsOf } from './serves-models.js';

/** A model as clients are told of it. @publicApi */
export interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  /** Seconds since 1970. */
  readonly created: number;
  readonly owned_by: string;
}

/** @see https://platform.openai.com/docs/api-reference/models/list @publicApi */
export interface ModelList {
  readonly object: 'list';
  readonly data: readonly ModelEntry[];
}

interface ModelPath {
  /** With its slashes, encoded or not. */
  readonly id?: string;
}

/**
 * `GET /v1/models` and `GET /v1/models/{id}`: the models of all routes that speak OpenAI's protocol. Ids may hold slashes, encoded or not.
 * Part of `OpenAiModule`; or list it among the providers yourself.
 * @publicApi
 */
@StageHandler('/v1/models', { method: 'GET', request: false, protocol: openAiJson })
@StageHandler('/v1/models/*id', { method: 'GET', request: false, protocol: openAiJson })
export class ModelsHandler {
  private readonly startedAt = Math.floor(Date.now() / 1000);

  constructor(private readonly runtime: StageRuntime) {}

  run({ id }: ModelPath): ModelList | ModelEntry {
    const ids = new Set(this.runtime.routes.flatMap(({ route }) => modelsOf(route.protocol)));
    if (!id) return { object: 'list', data: [...ids].map((each) => this.entry(each)) };
    if (!ids.has(id)) throw new RequestError(`The model '${id}' does not exist`, { code: 'model_not_found' });
    return this.entry(id);
  }

  private entry(id: string): ModelEntry {
    return { id, object: 'model', created: this.startedAt, owned_by: 'nestage' };
  }
}
