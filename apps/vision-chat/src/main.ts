import { startWebService } from 'nestage';
import { readAppEnvironment } from './environment.js';

await startWebService(
  async () => {
    const environment = readAppEnvironment();
    const { upstream } = environment;
    // imported by now only, since the supervisor of several processes needs none of it
    if (upstream) return (await import('./upstream/upstream-app.module.js')).UpstreamAppModule.of(upstream, environment);
    return (await import('./app.module.js')).AppModule.of(environment);
  },
  { adapter: (process.env['ADAPTER'] || 'express') as 'express' | 'fastify' },
);
