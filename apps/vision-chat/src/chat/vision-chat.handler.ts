import { megabytes, type StageContext, StageHandler, ValidationError } from 'nestage';
import { chatCompletions, type ChatCompletionRequest, readDataUrl, roughTokenizer } from 'nestage/openai';
import { OCR_MODEL_ID, OcrModel } from '../ocr-model.js';
import { CHAT_EXAMPLE } from './chat-example.js';
import { RemoteImages } from './remote-images.js';

/** A picture of the conversation, or where it is, with the place where it stood. */
type ChatImage = { readonly field: string } & ({ readonly bytes: Buffer } | { readonly url: string });

/** Reads the text in the pictures of a chat: OpenAI's endpoint, with the recognised text as the assistant's answer. */
@StageHandler('/v1/chat/completions', {
  protocol: chatCompletions({ models: [OCR_MODEL_ID], tokenizer: roughTokenizer }),
  maxBodyBytes: megabytes(20),
  execution: 'queue',
  example: CHAT_EXAMPLE,
})
export class VisionChatHandler {
  constructor(
    private readonly ocr: OcrModel,
    private readonly remote: RemoteImages,
  ) {}

  /** The pictures of the last message that has any. */
  preProcess({ messages }: ChatCompletionRequest): readonly ChatImage[] {
    const index = messages.findLastIndex(({ content }) => content.some(({ type }) => type === 'image_url'));
    if (index < 0) throw new ValidationError(NO_IMAGE, { fields: [{ field: 'messages', messages: [NO_IMAGE] }] });
    return messages[index].content.flatMap(({ image_url: image }, part): ChatImage[] => {
      const field = `messages[${index}].content[${part}].image_url.url`;
      if (!image) return [];
      return this.remote.takes(image.url) ? [{ field, url: image.url }] : [{ field, bytes: readDataUrl(image.url, field).bytes }];
    });
  }

  /** The text of each picture as soon as it is read, an empty line between pictures. */
  async *run(images: readonly ChatImage[], { signal }: StageContext): AsyncGenerator<string> {
    for (const [index, image] of images.entries()) {
      const bytes = 'url' in image ? await this.remote.fetch(image.url, image.field, signal) : image.bytes;
      const { text } = await this.ocr.read(bytes, image.field, signal);
      yield index === 0 ? text : `\n\n${text}`;
    }
  }
}

const NO_IMAGE =
  `The embedded model ${OCR_MODEL_ID} reads text in pictures and does not chat: send a content part ` +
  '{"type": "image_url", "image_url": {"url": "data:image/png;base64,..."}}. For conversation, set UPSTREAM_BASE_URL and ' +
  'UPSTREAM_MODEL to a server with a language model';
