import { Module, type ModuleMetadata } from '@nestjs/common';
import { megabytes, WebServiceModule } from 'nestage';
import { DashboardModule } from 'nestage/dashboard';
import { McpModule } from 'nestage/mcp';
import { OpenAiModule } from 'nestage/openai';
import { QueueModule } from 'nestage/queue';
import { SecurityModule } from 'nestage/security';
import { ThreadsModule } from 'nestage/threads';
import { RemoteImages } from './chat/remote-images.js';
import { VisionChatHandler } from './chat/vision-chat.handler.js';
import { PixelAdmission } from './documents/pixel-admission.js';
import { RecognizeDocumentHandler } from './documents/recognize-document.handler.js';
import { OcrModel, OCR_MODEL_ID } from './ocr-model.js';

/** What the app is made of whichever model answers chats. */
export const SHARED_IMPORTS: NonNullable<ModuleMetadata['imports']> = [
  DashboardModule.forRoot(),
  McpModule.forRoot({ name: 'vision-chat', maxBodyBytes: megabytes(28) }), // a page of 20 MB as base64
  OpenAiModule,
  QueueModule.forRoot({ share: ['rateLimits', 'breakers'] }),
  SecurityModule.forRoot(),
  ThreadsModule,
];
export const SHARED_PROVIDERS: NonNullable<ModuleMetadata['providers']> = [
  OcrModel,
  RemoteImages,
  PixelAdmission,
  RecognizeDocumentHandler,
];

@Module({
  imports: [WebServiceModule.forRoot({ service: 'vision-chat', model: OCR_MODEL_ID }), ...SHARED_IMPORTS],
  providers: [...SHARED_PROVIDERS, VisionChatHandler],
})
export class AppModule {}
