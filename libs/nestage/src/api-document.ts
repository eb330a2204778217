import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from './core/options/web-service.options.js';
import { LogWriter } from './core/log/log-writer.js';
import { StageRuntime } from './core/initialize/stage-runtime.js';
import { Deferrals } from './http/deferrals.js';
import { GateChecks } from './http/gate/gate-checks.js';
import { type ApiDocument, completeDocument } from './http/openapi/complete-document.js';
import { StartModule } from './start-module.js';
import { rootModuleOf, type RootModuleSource } from './start-root.js';

/**
 * Serves the API document and its page from local files, when @nestjs/swagger is installed.
 * @param path path of the page; the document itself stands at `<path>-json`; `false` for none
 * @returns whether it is served
 * @internal
 */
export async function serveApiDocument(app: INestApplication, path: string | false): Promise<boolean> {
  if (path === false) return false;
  const missing = await missingPackage(app.getHttpAdapter().getType());
  if (missing) {
    app.get(LogWriter).write('INFO', `No API document at ${path}: ${missing} is not installed`);
    return false;
  }
  app.get(GateChecks).addOperatorPage(path);
  const { SwaggerModule } = await import('@nestjs/swagger');
  const create = await documentFactory(app);
  SwaggerModule.setup(path, app, create);
  return true;
}

/**
 * Writes the API document of an app as JSON, without listening or loading a model: for a build step, or for makers of clients.
 *
 * @param source the root module, or a function that gives it, as of `startWebService`
 * @param file where to; its folder is made when missing
 * @throws Error when @nestjs/swagger is not installed
 * @publicApi
 */
export async function writeApiDocument(source: RootModuleSource, file: string): Promise<void> {
  const app = await NestFactory.create(StartModule.around(await rootModuleOf(source), {}), { logger: false, abortOnError: false });
  try {
    const document = (await documentFactory(app))();
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(document, undefined, 2)}\n`);
  } finally {
    await app.close();
  }
}

async function documentFactory(app: INestApplication): Promise<() => OpenAPIObject> {
  const { DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
  const { service } = app.get<ResolvedWebServiceOptions>(RESOLVED_OPTIONS);
  const config = new DocumentBuilder().setTitle(service).build();
  return () => completeApiDocument(app, SwaggerModule.createDocument(app, config));
}

/**
 * Adds to a document made by @nestjs/swagger what that can't see: the rules of DTOs, every answer of each stage route, examples, keys.
 * The page at `/docs` and `writeApiDocument` have it already; this is for a document of your own.
 *
 * @returns the same document
 * @publicApi
 */
export function completeApiDocument<T extends object>(app: INestApplication, document: T): T {
  const routes = app.get(StageRuntime).routes.map(({ route }) => route);
  completeDocument(document as ApiDocument, { routes, gateRefusals: app.get(GateChecks).refusals, deferrals: app.get(Deferrals) });
  return document;
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
