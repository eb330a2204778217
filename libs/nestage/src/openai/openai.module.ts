import { Module } from '@nestjs/common';
import { ModelsHandler } from './models.handler.js';
import { ResponsesHandler } from './responses.handler.js';

/**
 * The routes that OpenAI's clients expect beside those of the models: `/v1/models`, `/v1/models/{id}`, and a `/v1/responses` that points to
 * chat completions.
 *
 * @example
 * ```ts
 * @Module({ imports: [WebServiceModule.forRoot(), OpenAiModule], providers: [ChatHandler] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({ providers: [ModelsHandler, ResponsesHandler] })
export class OpenAiModule {}
