import { Injectable } from '@nestjs/common';
import { HttpException, type CanActivate, type ExecutionContext, UseGuards } from '@nestjs/common';
import { ModelError, SystemError, type StageContext, StageHandler, ValidationError, WebServiceModule } from 'nestage';
import {
  ChatCompletionHandler,
  chatCompletions,
  type ChatItem,
  type ChatPrompt,
  type ChatReply,
  OpenAiModule,
  type Tokenizer,
} from 'nestage/openai';
import { type AdapterName, startTestService, type TestService } from '../support/test-service.js';

/** A text with characters of one to four bytes, and signs that are made of several characters. */
export const MANY_BYTES = 'Zażółć 付款方式 🧾 👩‍👩‍👧 €12 — done.';

/** The call that the model makes when it is given tools, with a city outside of ASCII. */
export const TOOL_ARGUMENTS = { city: 'Zürich 🏔', days: 3, units: ['C', 'mm'] };

/** Usage that the model tells of a reply; nothing else has these figures. */
export const USAGE = { promptTokens: 17, completionTokens: 23 };

/** What the model was asked and how its runs ended; one for each app. */
@Injectable()
export class Runs {
  readonly prompts: ChatPrompt[] = [];
  open = 0;
  aborted = 0;
  /** How many of the next requests are refused, and with which status. */
  refusals: number[] = [];
  /** Lets the model go on that holds back the rest of its reply. */
  release: () => void = () => undefined;
}

/** Refuses as a rate limit or a key check in front of the service would. */
@Injectable()
class Bouncer implements CanActivate {
  constructor(private readonly runs: Runs) {}

  canActivate(context: ExecutionContext): boolean {
    const status = this.runs.refusals.shift();
    if (status === 429) context.switchToHttp().getResponse<{ header(name: string, value: string): void }>().header('retry-after', '1');
    if (status !== undefined) throw new HttpException(`refused with ${status}`, status);
    return true;
  }
}

/** Each character a token, so that a test can count. */
const characters: Tokenizer = { split: (text) => [...text] };

/**
 * Says what it is told to, the same each time: the text of the last message is a command. Streams are cut inside characters, by bytes or
 * by halves of surrogate pairs, and tool calls come in fragments.
 */
@UseGuards(Bouncer)
@StageHandler('/v1/chat/completions', {
  protocol: chatCompletions({ models: ['scripted', 'org/scripted-large'], tokenizer: characters, heartbeatMs: 200 }),
  itemTimeoutMs: 10_000,
  concurrency: 100,
})
export class ScriptedHandler extends ChatCompletionHandler {
  constructor(private readonly runs: Runs) {
    super();
  }

  run(prompt: ChatPrompt, context: StageContext): ChatReply {
    this.runs.prompts.push(prompt);
    const [command, argument = ''] = prompt.text.split(/ (.*)/s);
    if (command === 'fail') throw failureOf(argument);
    if (command === 'whole') return argument;
    if (command === 'nothing') return '';
    if (command === 'result') return { content: 'said at once', finishReason: 'length', usage: USAGE };
    return this.followed(this.items(command, argument, prompt, context.signal), context);
  }

  private async *items(command: string, argument: string, prompt: ChatPrompt, signal: AbortSignal): AsyncGenerator<ChatItem> {
    if (prompt.tools.length > 0 && command === 'tool') return yield* toolCall(prompt);
    switch (command) {
      case 'bytes':
        for (const byte of Buffer.from(MANY_BYTES)) yield Uint8Array.of(byte);
        yield { usage: USAGE };
        return;
      case 'halves':
        for (const unit of MANY_BYTES.split('')) yield unit;
        return;
      case 'say':
        for (const word of argument.split(/(?<= )/)) yield word;
        return;
      case 'slowly':
        for (const word of argument.split(/(?<= )/)) {
          yield word;
          await tick(30);
        }
        return;
      case 'pause':
        yield 'before ';
        await tick(Number(argument));
        yield 'after';
        return;
      case 'held':
        yield* this.heldBack(signal);
        return;
      case 'endless':
        for (let n = 0; n < 3000; n++) {
          yield `${n} `;
          await tick(10);
        }
        return;
      case 'think':
        yield { reasoning: 'let me ' };
        yield { reasoning: 'see' };
        yield { content: 'four', finishReason: 'stop' };
        return;
      case 'break':
        yield 'half of ';
        throw new ModelError('the model broke at /srv/model/weights.bin', { cause: new Error('cuda: device lost') });
      default:
        yield `no such command: ${command}`;
    }
  }

  private async *heldBack(signal: AbortSignal): AsyncGenerator<string> {
    const released = new Promise<void>((resolve) => (this.runs.release = resolve));
    signal.addEventListener('abort', this.runs.release, { once: true });
    yield 'before ';
    await released;
    yield 'after';
  }

  private async *followed(items: AsyncIterable<ChatItem>, { signal }: StageContext): AsyncGenerator<ChatItem> {
    this.runs.open++;
    try {
      for await (const item of items) {
        if (signal.aborted) throw signal.reason as Error;
        yield item;
      }
    } finally {
      this.runs.open--;
      if (signal.aborted) this.runs.aborted++;
    }
  }
}

/** Two calls side by side, the first in many fragments. */
async function* toolCall({ tools: [tool] }: ChatPrompt): AsyncGenerator<ChatItem> {
  const name = tool.function?.name ?? 'unknown';
  yield { toolCalls: [{ index: 0, id: 'call_first', name }] };
  for (const piece of JSON.stringify(TOOL_ARGUMENTS).match(/.{1,5}/gs) ?? []) yield { toolCalls: [{ index: 0, arguments: piece }] };
  yield { toolCalls: [{ index: 1, id: 'call_second', name, arguments: '{"city":"Oslo",' }] };
  yield { toolCalls: [{ index: 1, arguments: '"days":1,"units":[]}' }] };
  yield { usage: USAGE };
}

function failureOf(how: string): Error {
  switch (how) {
    case 'field':
      return new ValidationError('temperature is too hot for this model', {
        fields: [{ field: 'temperature', messages: ['temperature is too hot'] }],
      });
    case 'context':
      return new ValidationError('The prompt is longer than the maximum context length', { code: 'context_length_exceeded' });
    case 'internal':
      return new SystemError('a bug at /srv/app/model.ts:12');
    case 'upstream':
      return new ModelError('connection refused by 10.0.0.7');
    case 'timeout':
      return new ModelError('no answer', { code: 'model_timeout' });
    case 'busy':
      return new ModelError('no slot', { code: 'model_overloaded', retryAfterSeconds: 1 });
    default:
      return new Error(how);
  }
}

const tick = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A service with the scripted model on a free port. */
export async function startScripted(adapter: AdapterName): Promise<TestService & { readonly runs: Runs }> {
  const service = await startTestService({
    adapter,
    root: WebServiceModule.forRoot({ takeOver: true }),
    imports: [OpenAiModule],
    providers: [Runs, Bouncer, ScriptedHandler],
  });
  return { ...service, runs: service.app.get(Runs) };
}
