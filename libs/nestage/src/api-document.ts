import type { INestApplication } from '@nestjs/common';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from './core/options/web-service.options.js';
import { LogWriter } from './core/log/log-writer.js';
import { GateChecks } from './http/gate-checks.js';

/**
 * Serves the API document and its page from local files, when @nestjs/swagger is installed.
 * @param path path of the page; the document itself stands at `<path>-json`; `false` for none
 * @internal
 */
export async function serveApiDocument(app: INestApplication, path: string | false): Promise<void> {
  if (path === false) return;
  const missing = await missingPackage(app.getHttpAdapter().getType());
  if (missing) return app.get(LogWriter).write('INFO', `No API document at ${path}: ${missing} is not installed`);
  app.get(GateChecks).addOperatorPage(path);
  const swagger = await import('@nestjs/swagger');
  const { service } = app.get<ResolvedWebServiceOptions>(RESOLVED_OPTIONS);
  const config = new swagger.DocumentBuilder().setTitle(service).build();
  swagger.SwaggerModule.setup(path, app, () => swagger.SwaggerModule.createDocument(app, config));
  app.get(LogWriter).write('DEBUG', `API document at ${path}`);
}

/** Optional peers of the page; asked for beforehand, since Nest ends the process when it misses one. */
async function missingPackage(adapter: string): Promise<string | undefined> {
  const packages = ['@nestjs/swagger', ...(adapter === 'fastify' ? ['@fastify/static'] : [])];
  for (const name of packages) {
    try {
      await import(name);
    } catch {
      return name;
    }
  }
  return undefined;
}
