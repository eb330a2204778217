import { type DynamicModule, Module } from '@nestjs/common';
import { megabytes, minutes, type StageHandlerOptions, WebServiceModule } from 'nestage';
import { chatCompletions } from 'nestage/openai';
import { SHARED_IMPORTS, SHARED_PROVIDERS } from '../app.module.js';
import { RemoteImages } from '../chat/remote-images.js';
import type { AppEnvironment } from '../environment.js';
import { EmbeddedChatHandler } from './embedded-chat.handler.js';
import { UpstreamChatHandler } from './upstream-chat.handler.js';
import { UpstreamChatRequest } from './upstream-chat.request.js';
import { VisionLanguageModel } from './vision-language-model.js';

/** How patient the chat route is with the upstream model. */
export type UpstreamPatience = Pick<StageHandlerOptions, 'breaker' | 'itemTimeoutMs' | 'retry' | 'timeoutMs'>;

const PATIENCE: UpstreamPatience = { timeoutMs: minutes(2), retry: { attempts: 2, baseMs: 500, jitter: 0.2 }, breaker: true };

/** The app with an upstream model in place of the embedded one at `/v1/chat/completions`. Documents are read by the embedded one as ever. */
@Module({})
export class UpstreamAppModule {
  static of(upstream: NonNullable<AppEnvironment['upstream']>, patience: UpstreamPatience = PATIENCE): DynamicModule {
    return {
      module: UpstreamAppModule,
      imports: [
        WebServiceModule.forRoot({ service: 'vision-chat', model: upstream.model }),
        WebServiceModule.forFeature([
          {
            path: '/v1/chat/completions',
            handler: UpstreamChatHandler,
            options: {
              ...patience,
              protocol: chatCompletions({ models: [upstream.model] }),
              request: UpstreamChatRequest,
              maxBodyBytes: megabytes(20),
              ...(upstream.isEmbeddedFallback && { fallbackTo: EmbeddedChatHandler, fallbackOn: 'error' }),
            },
          },
        ]),
        ...SHARED_IMPORTS,
      ],
      providers: [
        ...SHARED_PROVIDERS,
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
