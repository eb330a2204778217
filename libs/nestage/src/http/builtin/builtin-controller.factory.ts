import {
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  RequestMapping,
  RequestMethod,
  type Type,
  UseFilters,
  VERSION_NEUTRAL,
  createParamDecorator,
} from '@nestjs/common';
import { workerBirth } from '../../core/processes/worker-birth.js';
import type { GateChecks } from '../gate/gate-checks.js';
import { FASTIFY_ROUTE_CONFIG, GENERATED, STAGE_ROUTE } from '../routes/route-metadata.js';
import type { TableRoute } from '../gate/route-table.js';
import { type AdapterRequest, type AdapterResponse, contextOf } from '../request-of.js';

/** What a built-in route answers. @internal */
export interface BuiltInReply {
  readonly status: number;
  /** An object is sent as JSON, a text as it is, bytes as a `StreamableFile`. */
  readonly body: object | string;
  /** Media type of a text. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** A route that the service brings along. @internal */
export interface BuiltInRouteInit {
  readonly name: string;
  /** @default 'GET' */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** May hold `:parameters`. */
  readonly path: string;
  readonly handle: (execution: ExecutionContext) => Promise<BuiltInReply>;
  /**
   * Whom it is for: operators, anybody, anybody for its status and operators for its details, or clients, who see what is theirs; the
   * last stays where stage routes are when operators have a listener of their own. @default 'operator'
   */
  readonly audience?: 'operator' | 'anybody' | 'status' | 'client';
  /** What the service calls it when it tells, at its start, where things are; most it does not tell of. */
  readonly title?: string;
}

/** The parts of both adapters' replies that are used here. */
type Reply = AdapterResponse & { status(code: number): unknown; header(name: string, value: string | string[]): unknown };

const Execution = createParamDecorator((_data: unknown, execution: ExecutionContext) => execution);

/** An ordinary Nest controller for a built-in route: version-neutral, below the app's prefix. @internal */
export function createBuiltInController(
  { name, method: verb = 'GET', path, handle, audience = 'operator' }: BuiltInRouteInit,
  filter: ExceptionFilter,
  checks: GateChecks,
): Type {
  const isOneOfSeveral = workerBirth() !== undefined;
  class BuiltInController {
    async handle(execution: ExecutionContext): Promise<object | string> {
      const request = execution.switchToHttp().getRequest<AdapterRequest>();
      const response = execution.switchToHttp().getResponse<Reply>();
      const context = contextOf(request);
      if (context) {
        context.servicePath = path;
        if (audience !== 'anybody') await checks.atController(audience, path, { request, response, context });
      }
      const { status, body, contentType, headers = {} } = await handle(execution);
      response.status(status);
      if (isOneOfSeveral) response.header('connection', 'close'); // the next question is for whoever is free then, not for this process
      for (const [name, value] of Object.entries(headers)) response.header(name, typeof value === 'string' ? value : [...value]);
      if (contentType) response.header('content-type', contentType);
      return body;
    }
  }
  const { prototype } = BuiltInController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'handle') as TypedPropertyDescriptor<unknown>;
  const method = descriptor.value as object;
  Object.defineProperty(BuiltInController, 'name', { value: name });
  Controller({ path, version: VERSION_NEUTRAL })(BuiltInController);
  RequestMapping({ path: '/', method: RequestMethod[verb] })(prototype, 'handle', descriptor);
  Execution()(prototype, 'handle', 0);
  Reflect.defineMetadata('design:paramtypes', [Object], prototype, 'handle');
  UseFilters(filter)(BuiltInController);
  Reflect.defineMetadata(GENERATED, true, BuiltInController);
  const mark: TableRoute = audience === 'client' ? 'client' : null;
  Reflect.defineMetadata(STAGE_ROUTE, mark, method);
  Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG, { [STAGE_ROUTE]: mark }, method);
  return BuiltInController;
}
