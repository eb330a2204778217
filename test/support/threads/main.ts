import { startWebService } from 'nestage';
import { ThreadsAppModule } from './threads-app.js';

await startWebService(ThreadsAppModule, { adapter: process.env['ADAPTER'] === 'fastify' ? 'fastify' : 'express' });
