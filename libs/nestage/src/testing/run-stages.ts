import type { Type } from '@nestjs/common';
import { isAsyncIterable } from '../common/type-guards.js';
import { contextStorage } from '../core/context/context-storage.js';
import { resolveRoute } from '../core/discovery/resolve-route.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { StagePipeline } from '../core/pipeline/stage-pipeline.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import { declarationsOf } from '../core/stage/stage-metadata.js';
import { DtoValidator } from '../core/validation/dto-validator.js';
import { MemoryLogWriter } from './memory-log-writer.js';
import { testContext, type TestContextOptions } from './test-context.js';

/** @publicApi */
export interface RunStagesOptions extends TestContextOptions {
  /** Which of the handler's paths the request is for. @default the first one */
  readonly path?: string;
}

/** What a request came to. @publicApi */
export interface StagesResult<Response> {
  /** The response; of a stream, its last item. */
  readonly response: Response;
  /** Items of a stream, in order; one item of a plain response. */
  readonly items: readonly Response[];
  /** Status and headers that the stages set. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | number | readonly string[]>>;
  /** What the stages wrote. */
  readonly log: MemoryLogWriter;
}

/**
 * Takes a request through the stages of a handler, as the service would, without HTTP: it is validated by the request DTO, goes through
 * `preProcess`, `run` and `postProcess`, and what comes out is held to the response DTO. Retries, breakers and limits are not part of it;
 * `initialize` is not called.
 *
 * @param handler an instance of a class with `@StageHandler`
 * @param request the body, with the fields of path and query in it
 * @throws ValidationError when the request breaks its DTO, ResponseContractError when the response does, and whatever a stage throws
 * @example
 * ```ts
 * const { response } = await runStages(new SummaryHandler(model), { text: 'a long one' });
 * expect(response).toEqual({ summary: 'short' });
 * ```
 * @publicApi
 */
export async function runStages<Request, Response>(
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what stages hand to each other is their own business
  handler: StageLifecycle<Request, any, any, Response>,
  request: unknown,
  { path, ...given }: RunStagesOptions = {},
): Promise<StagesResult<Response>> {
  const log = given.log ?? new MemoryLogWriter();
  const route = routeOf(handler.constructor as Type, path);
  const validator = new DtoValidator(false);
  const pipeline = new StagePipeline(route, new StagePlugins(), new StageEvents());
  const context = testContext({ ...given, log });
  context.path = route.path;
  try {
    return await contextStorage.run(context, async () => {
      const input = await validator.request(route, request);
      const result = await pipeline.execute(input, context, handler as StageLifecycle);
      const items: Response[] = [];
      for await (const item of isAsyncIterable(result) ? result : [result]) items.push((await validator.response(route, item)) as Response);
      const { status, headers } = context.response;
      return { response: items[items.length - 1], items, status, headers: Object.fromEntries(headers), log };
    });
  } finally {
    context.dispose();
  }
}

function routeOf(handler: Type, path: string | undefined): StageRoute {
  const declarations = declarationsOf(handler);
  const declaration = path === undefined ? declarations[0] : declarations.find((each) => each.path === path);
  if (declaration) return resolveRoute(handler, declaration, {});
  const paths = declarations.map((each) => each.path).join(', ');
  throw new Error(
    path === undefined ? `${handler.name} carries no @StageHandler.` : `${handler.name} has no path '${path}', but ${paths}.`,
  );
}
