import { startWebService } from 'nestage';
import { AppModule } from './app.module.js';

await startWebService(AppModule, { adapter: (process.env['ADAPTER'] || 'express') as 'express' | 'fastify' });
