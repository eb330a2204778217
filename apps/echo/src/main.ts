import { Module } from '@nestjs/common';
import { startWebService, WebServiceModule } from 'nestage';
import { DashboardModule } from 'nestage/dashboard';
import { ChatHandler, ChatStreamHandler } from './chat.handlers.js';

@Module({
  imports: [WebServiceModule.forRoot({ service: 'echo' }), DashboardModule.forRoot()],
  providers: [ChatHandler, ChatStreamHandler],
})
class AppModule {}

await startWebService(AppModule, { adapter: (process.env['ADAPTER'] || 'express') as 'express' | 'fastify' });
