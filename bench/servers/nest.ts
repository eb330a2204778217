// Nest as its documentation teaches it: controllers and the ValidationPipe.
import { Body, Controller, HttpCode, Module, Post, Sse, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { from, map, type Observable } from 'rxjs';
import { answerChat } from './answer-chat.js';
import { ChatRequest, type ChatResponse } from './chat.dto.js';
import { EchoRequest, type EchoResponse } from './echo.dto.js';
import { adapter, port } from './environment.js';
import { tokens } from './stream-events.js';

@Controller()
class BenchController {
  @Post('echo')
  @HttpCode(200)
  echo(@Body() { message }: EchoRequest): EchoResponse {
    return { response: message };
  }

  @Post('chat')
  @HttpCode(200)
  chat(@Body() request: ChatRequest): ChatResponse {
    return answerChat(request);
  }

  @Sse('stream')
  stream(): Observable<{ readonly data: object }> {
    return from(tokens()).pipe(map((data) => ({ data })));
  }
}

@Module({ controllers: [BenchController] })
class AppModule {}

const app = await NestFactory.create(AppModule, adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(), { logger: false });
app.useGlobalPipes(new ValidationPipe({ transform: true }));
await app.listen(port, '127.0.0.1');
