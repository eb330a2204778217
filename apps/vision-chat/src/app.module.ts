import { Module } from '@nestjs/common';
import { WebServiceModule } from 'nestage';
import { ModelsHandler } from 'nestage/openai';
import { VisionChatHandler } from './chat/vision-chat.handler.js';
import { RecognizeDocumentHandler } from './documents/recognize-document.handler.js';
import { OcrModel, OCR_MODEL_ID } from './ocr-model.js';

@Module({
  imports: [WebServiceModule.forRoot({ service: 'vision-chat', model: OCR_MODEL_ID })],
  providers: [OcrModel, VisionChatHandler, RecognizeDocumentHandler, ModelsHandler],
})
export class AppModule {}
