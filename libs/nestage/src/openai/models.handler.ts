import { StageRuntime } from '../core/initialize/stage-runtime.js';
import type { RouteProtocol } from '../core/protocol/route-protocol.js';
import { StageHandler } from '../core/stage/stage-handler.decorator.js';
import { toOpenAiError } from './openai-error.js';
import { modelsOf } from './serves-models.js';

/** Plain JSON with OpenAI's error envelope. */
const openAiJson: RouteProtocol = {
  name: 'openai-json',
  ignoresAccept: true,
  encodeValue: (value) => ({ value }),
  encodeStream: () => {
    throw new Error('This route gives no stream');
  },
  encodeError: toOpenAiError,
};

/** @see https://platform.openai.com/docs/api-reference/models/list @publicApi */
export interface ModelList {
  readonly object: 'list';
  readonly data: readonly { readonly id: string; readonly object: 'model'; readonly created: number; readonly owned_by: string }[];
}

/**
 * `GET /v1/models`: the models of all routes that speak OpenAI's protocol. List it among the providers.
 * @publicApi
 */
@StageHandler('/v1/models', { method: 'GET', request: false, protocol: openAiJson })
export class ModelsHandler {
  private readonly startedAt = Math.floor(Date.now() / 1000);

  constructor(private readonly runtime: StageRuntime) {}

  run(): ModelList {
    const ids = new Set(this.runtime.routes.flatMap(({ route }) => modelsOf(route.protocol)));
    return { object: 'list', data: [...ids].map((id) => ({ id, object: 'model', created: this.startedAt, owned_by: 'nestage' })) };
  }
}
