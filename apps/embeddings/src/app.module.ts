import { Module } from '@nestjs/common';
import { WebServiceModule } from 'nestage';
import { DashboardModule } from 'nestage/dashboard';
import { OpenAiModule } from 'nestage/openai';
import { ThreadsModule } from 'nestage/threads';
import { SentenceEmbeddingsHandler } from './sentence-embeddings.handler.js';
import { SentenceModel, SENTENCE_MODEL_ID } from './sentence-model.js';

@Module({
  imports: [
    WebServiceModule.forRoot({ service: 'embeddings', model: SENTENCE_MODEL_ID }),
    DashboardModule.forRoot(),
    OpenAiModule,
    ThreadsModule,
  ],
  providers: [SentenceModel, SentenceEmbeddingsHandler],
})
export class AppModule {}
