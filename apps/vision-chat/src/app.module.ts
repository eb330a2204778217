import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { megabytes, WebServiceModule } from 'nestage';
import { DashboardModule } from 'nestage/dashboard';
import { McpModule } from 'nestage/mcp';
import { OpenAiModule } from 'nestage/openai';
import { QueueModule } from 'nestage/queue';
import { SecurityModule } from 'nestage/security';
import { ThreadsModule, WorkerPools } from 'nestage/threads';
import { RemoteImages } from './chat/remote-images.js';
import { VisionChatHandler } from './chat/vision-chat.handler.js';
import { PixelAdmission } from './documents/pixel-admission.js';
import { RecognizeDocumentHandler } from './documents/recognize-document.handler.js';
import type { AppEnvironment } from './environment.js';
import { OcrModel, OCR_MODEL_ID } from './ocr-model.js';
import { readingLimits } from './reading-limits.js';

/** The app with its embedded model alone. */
@Module({})
export class AppModule {
  static of(environment: AppEnvironment): DynamicModule {
    const { imports, providers } = sharedParts(environment, OCR_MODEL_ID);
    return { module: AppModule, imports, providers: [...providers, VisionChatHandler] };
  }
}

/**
 * What the app is made of whichever model answers chats.
 * @param model id of that model
 */
export function sharedParts(
  { remoteImages, ocrThreads }: AppEnvironment,
  model: string,
): Required<Pick<ModuleMetadata, 'imports' | 'providers'>> {
  return {
    imports: [
      WebServiceModule.forRoot({ service: 'vision-chat', model, defaults: readingLimits(ocrThreads) }),
      DashboardModule.forRoot(),
      McpModule.forRoot({ name: 'vision-chat', maxBodyBytes: megabytes(28) }), // a page of 20 MB as base64
      OpenAiModule,
      QueueModule.forRoot({ share: ['rateLimits', 'breakers'] }),
      SecurityModule.forRoot(),
      ThreadsModule,
    ],
    providers: [
      { provide: OcrModel, inject: [WorkerPools], useFactory: (pools: WorkerPools) => new OcrModel(pools, ocrThreads) },
      { provide: RemoteImages, useFactory: () => RemoteImages.from(remoteImages) },
      PixelAdmission,
      RecognizeDocumentHandler,
    ],
  };
}
