import { type StageDeclaration, STAGE_HANDLER, declarationsOf } from './stage-metadata.js';
import type { StageFlow, StageHandlerClass } from './stage-flow.js';
import type { StageHandlerOptions } from './stage-handler.options.js';

/**
 * Makes a provider the endpoint at `path`: its `preProcess`, `run` and `postProcess` serve each request there.
 * The class must be listed in `providers` of one module. A class without `run`, or whose stages don't fit each other and its DTOs,
 * does not compile. May be given several times, for several paths of one instance.
 *
 * @param path path below the global prefix, with `:params` if needed
 * @example
 * ```ts
 * @StageHandler('/v1/summaries', { request: SummaryRequest, response: SummaryResponse })
 * export class SummaryHandler {
 *   run(request: SummaryRequest, context: StageContext) { return summarise(request.text, context.signal); }
 * }
 * ```
 * @publicApi
 */
export function StageHandler<Request = unknown, Response = unknown>(
  path: string,
  options: StageHandlerOptions<Request, Response> = {},
): <Handler extends StageHandlerClass<Accepted<Request>, Response>>(
  target: Handler & StageFlow<InstanceType<Handler>, Request, Response>,
) => void {
  return (target) => {
    const declared: readonly StageDeclaration[] = [...declarationsOf(target), { path, options }];
    Reflect.defineMetadata(STAGE_HANDLER, declared, target);
  };
}

/** What `preProcess` must be able to take: with no DTO named, the handler may ask for anything. */
type Accepted<Request> = unknown extends Request ? never : Request;
