import { AppModule } from '../../apps/vision-chat/src/app.module.js';
import { readAppEnvironment } from '../../apps/vision-chat/src/environment.js';
import { type AdapterName, startTestService, type TestService } from './test-service.js';

/** The whole of apps/vision-chat with its real model, on a free port, its log in memory. */
export function startVisionChat(adapter: AdapterName): Promise<TestService> {
  return startTestService({ adapter, root: AppModule.of(readAppEnvironment()) });
}

/** A picture as a part of a chat message. */
export function imagePart(image: Uint8Array | string, type = 'image/png') {
  const url = typeof image === 'string' ? image : `data:${type};base64,${Buffer.from(image).toString('base64')}`;
  return { type: 'image_url' as const, image_url: { url } };
}

/** Words as a part of a chat message. */
export const textPart = (text: string) => ({ type: 'text' as const, text });

type ChatPart = ReturnType<typeof imagePart> | ReturnType<typeof textPart>;

/** A chat request with one message of these parts. */
export const chatOf = (...content: ChatPart[]) => ({ model: 'pp-ocrv4', messages: [{ role: 'user' as const, content }] });

/** The data of the events of a stream, `[DONE]` included. */
export function eventsOf(stream: string): string[] {
  if (!stream.endsWith('\n\n')) throw new Error(`the last event is not complete: ${stream.slice(-100)}`);
  const events = stream.slice(0, -2).split('\n\n');
  return events.map((event) => {
    if (!/^data: [^\n]*$/.test(event)) throw new Error(`not an event of one data line: ${event}`);
    return event.slice('data: '.length);
  });
}

/** The text that a streamed completion says; throws unless the stream has a role, a finish reason and its end, in this order. */
export function streamedText(stream: string): string {
  const events = eventsOf(stream);
  if (events.pop() !== '[DONE]') throw new Error(`the stream has no end: ${stream.slice(-200)}`);
  const chunks = events.map((event) => JSON.parse(event) as { object: string; choices: ChunkChoice[] });
  const choices = chunks.map(({ choices: [choice] }) => choice);
  if (choices[0].delta.role !== 'assistant') throw new Error('the first chunk names no role');
  if (choices.findIndex((choice) => choice.finish_reason === 'stop') !== choices.length - 1)
    throw new Error('the finish reason is not last');
  return choices.map(({ delta }) => delta.content ?? '').join('');
}

interface ChunkChoice {
  readonly delta: { readonly role?: string; readonly content?: string };
  readonly finish_reason: string | null;
}
