import { megabytes } from '../common/size.js';
import { RequestError } from '../core/errors/service-errors.js';
import { StageHandler } from '../core/stage/stage-handler.decorator.js';
import { openAiJson } from './openai-error.js';

/**
 * `POST /v1/responses`, which some clients try first: 404 in OpenAI's envelope with the way to go, where they would show an HTML page.
 * Part of `OpenAiModule`.
 * @publicApi
 */
@StageHandler('/v1/responses', { request: false, protocol: openAiJson, maxBodyBytes: megabytes(20) })
export class ResponsesHandler {
  preProcess(): never {
    throw new RequestError('The Responses API is not served here: use POST /v1/chat/completions', { code: 'not_found' });
  }

  run(): never {
    return this.preProcess();
  }
}
