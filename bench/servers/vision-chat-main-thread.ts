// apps/vision-chat with THREADS threads that read; 0 reads in the main thread, as one would without any.
import sharp from 'sharp';
import { startWebService } from 'nestage';
import { AppModule } from '../../apps/vision-chat/src/app.module.js';
import { OcrModel } from '../../apps/vision-chat/src/ocr-model.js';
import { OcrEngine } from '../../apps/vision-chat/src/ocr/ocr-engine.js';

const threads = Number(process.env['THREADS']);
let engine: OcrEngine;

if (threads === 0) {
  // As in a worker.
  sharp.cache(false);
  sharp.concurrency(1);
  Object.assign(OcrModel.prototype, {
    async initialize() {
      engine = await OcrEngine.load();
      await engine.warmUp();
    },
    read: (image: Uint8Array) => engine.recognise(image),
    dispose: () => engine.release(),
  });
} else process.env['OCR_THREADS'] = String(threads);

await startWebService(AppModule);
