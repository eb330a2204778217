// nestage as `startWebService` gives it, every default on: validation both ways, log to the console and a file, metrics, deadlines, admission.
import { Module } from '@nestjs/common';
import { StageHandler, startWebService, WebServiceModule } from 'nestage';
import { chatCompletions, ChatCompletionHandler, type ChatPrompt, OpenAiModule } from 'nestage/openai';
import { answerChat } from './answer-chat.js';
import { ChatRequest, ChatResponse } from './chat.dto.js';
import { EchoRequest, EchoResponse } from './echo.dto.js';
import { adapter } from './environment.js';
import { tokens } from './stream-events.js';

@StageHandler('/echo', { request: EchoRequest, response: EchoResponse })
class EchoHandler {
  run({ message }: EchoRequest): EchoResponse {
    return { response: message };
  }
}

@StageHandler('/chat', { request: ChatRequest, response: ChatResponse })
class ChatHandler {
  run(request: ChatRequest): ChatResponse {
    return answerChat(request);
  }
}

@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['echo'] }) })
class OpenAiChatHandler extends ChatCompletionHandler {
  run({ text }: ChatPrompt): string {
    return text;
  }
}

@StageHandler('/stream', { method: 'GET', request: false })
class StreamHandler {
  run(): AsyncGenerator<{ readonly token: string }> {
    return tokens();
  }
}

@Module({
  imports: [WebServiceModule.forRoot({ service: 'bench' }), OpenAiModule],
  providers: [EchoHandler, ChatHandler, OpenAiChatHandler, StreamHandler],
})
class AppModule {}

await startWebService(AppModule, { adapter });
