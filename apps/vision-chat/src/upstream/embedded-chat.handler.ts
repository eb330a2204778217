import { megabytes, type StageContext, StageHandler } from 'nestage';
import { ChatCompletionHandler, chatCompletions, type ChatPrompt, type ChatReply, roughTokenizer } from 'nestage/openai';
import { RemoteImages } from '../chat/remote-images.js';
import { VisionChatHandler } from '../chat/vision-chat.handler.js';
import { OCR_MODEL_ID, OcrModel } from '../ocr-model.js';

/** The embedded model beside an upstream one: on a path of its own, and for chats with pictures that the upstream model does not answer. */
@StageHandler('/v1/embedded/chat/completions', {
  protocol: chatCompletions({ models: [OCR_MODEL_ID], tokenizer: roughTokenizer }),
  maxBodyBytes: megabytes(20),
})
export class EmbeddedChatHandler extends ChatCompletionHandler {
  private readonly reader: VisionChatHandler;

  constructor(ocr: OcrModel, remote: RemoteImages) {
    super();
    this.reader = new VisionChatHandler(ocr, remote);
  }

  run({ request }: ChatPrompt, context: StageContext): ChatReply {
    return this.reader.run(this.reader.preProcess(request), context);
  }
}
