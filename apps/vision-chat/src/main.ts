import { startWebService } from 'nestage';
import { AppModule } from './app.module.js';
import { readAppEnvironment } from './environment.js';
import { UpstreamAppModule } from './upstream/upstream-app.module.js';

await startWebService(
  () => {
    const environment = readAppEnvironment();
    return environment.upstream ? UpstreamAppModule.of(environment.upstream, environment) : AppModule.of(environment);
  },
  { adapter: (process.env['ADAPTER'] || 'express') as 'express' | 'fastify' },
);
