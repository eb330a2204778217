import { type DynamicModule, Module } from '@nestjs/common';
import { megabytes, minutes, type StageHandlerOptions, WebServiceModule } from 'nestage';
import { chatCompletions } from 'nestage/openai';
import { sharedParts } from '../app.module.js';
import { RemoteImages } from '../chat/remote-images.js';
import type { AppEnvironment, UpstreamEnvironment } from '../environment.js';
import { EmbeddedChatHandler } from './embedded-chat.handler.js';
import { UpstreamChatHandler } from './upstream-chat.handler.js';
import { UpstreamChatRequest } from './upstream-chat.request.js';
import { VisionLanguageModel } from './vision-language-model.js';

/** How patient the chat route is with the upstream model. */
export type UpstreamPatience = Pick<StageHandlerOptions, 'breaker' | 'itemTimeoutMs' | 'retry' | 'timeoutMs'>;

const PATIENCE: UpstreamPatience = { timeoutMs: minutes(2), retry: { attempts: 2, baseMs: 500, jitter: 0.2 }, breaker: true };

/** The upstream server reads nothing with the threads of this one, whose number bounds all other routes. */
const AT_WORK = { concurrency: 64, queue: 256, queueTimeoutMs: minutes(2) } as const;

/** The app with an upstream model in place of the embedded one at `/v1/chat/completions`. Documents are read by the embedded one as ever. */
@Module({})
export class UpstreamAppModule {
  static of(upstream: UpstreamEnvironment, environment: AppEnvironment, patience: UpstreamPatience = PATIENCE): DynamicModule {
    const { imports, providers } = sharedParts(environment, upstream.model);
    return {
      module: UpstreamAppModule,
      imports: [
        ...imports,
        WebServiceModule.forFeature([
          {
            path: '/v1/chat/completions',
            handler: UpstreamChatHandler,
            options: {
              ...patience,
              ...AT_WORK,
              protocol: chatCompletions({ models: [upstream.model] }),
              request: UpstreamChatRequest,
              maxBodyBytes: megabytes(20),
              ...(upstream.isEmbeddedFallback && { fallbackTo: EmbeddedChatHandler, fallbackOn: 'error' }),
            },
          },
        ]),
      ],
      providers: [
        ...providers,
        EmbeddedChatHandler,
        {
          provide: VisionLanguageModel,
          useFactory: (images: RemoteImages) => new VisionLanguageModel(upstream, images),
          inject: [RemoteImages],
        },
        UpstreamChatHandler,
      ],
    };
  }
}
