import { startWebService } from 'nestage';
import { AppModule } from './app.module.js';
import { readAppEnvironment } from './environment.js';
import { UpstreamAppModule } from './upstream/upstream-app.module.js';

const { upstream } = readAppEnvironment();

await startWebService(upstream ? UpstreamAppModule.of(upstream) : AppModule, {
  adapter: (process.env['ADAPTER'] || 'express') as 'express' | 'fastify',
});
