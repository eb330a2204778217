import { megabytes, type StageContext, StageHandler, ValidationError } from 'nestage';
import { chatCompletions, type ChatCompletionRequest, readDataUrl } from 'nestage/openai';
import { OCR_MODEL_ID, OcrModel } from '../ocr-model.js';

/** A picture of the conversation with the place where it stood. */
interface ChatImage {
  readonly bytes: Buffer;
  readonly field: string;
}

/** Reads the text in the pictures of a chat: OpenAI's endpoint, with the recognised text as the assistant's answer. */
@StageHandler('/v1/chat/completions', {
  protocol: chatCompletions({ models: [OCR_MODEL_ID] }),
  maxBodyBytes: megabytes(20),
})
export class VisionChatHandler {
  constructor(private readonly ocr: OcrModel) {}

  /** The pictures of the last message that has any. */
  preProcess({ messages }: ChatCompletionRequest): readonly ChatImage[] {
    const index = messages.findLastIndex(({ content }) => content.some(({ type }) => type === 'image_url'));
    if (index < 0) throw new ValidationError(NO_IMAGE, { fields: [{ field: 'messages', messages: [NO_IMAGE] }] });
    return messages[index].content.flatMap(({ image_url: image }, part) => {
      const field = `messages[${index}].content[${part}].image_url.url`;
      return image ? [{ field, bytes: readDataUrl(image.url, field).bytes }] : [];
    });
  }

  /** The text of each picture as soon as it is read, an empty line between pictures. */
  async *run(images: readonly ChatImage[], { signal }: StageContext): AsyncGenerator<string> {
    for (const [index, { bytes, field }] of images.entries()) {
      const { text } = await this.ocr.read(bytes, field, signal);
      yield index === 0 ? text : `\n\n${text}`;
    }
  }
}

const NO_IMAGE =
  `The embedded model ${OCR_MODEL_ID} reads text in pictures and does not chat: send a content part ` +
  '{"type": "image_url", "image_url": {"url": "data:image/png;base64,..."}}. For conversation, attach a language model: ' +
  'a handler whose run() calls it';
