import {
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  type Type,
  UseFilters,
  VERSION_NEUTRAL,
  createParamDecorator,
} from '@nestjs/common';
import type { GateChecks } from '../gate-checks.js';
import { FASTIFY_ROUTE_CONFIG, GENERATED, STAGE_ROUTE } from '../route-metadata.js';
import { type AdapterRequest, type AdapterResponse, contextOf } from '../request-of.js';

/** What a built-in route answers. @internal */
export interface BuiltInReply {
  readonly status: number;
  /** An object is sent as JSON, a text as it is. */
  readonly body: object | string;
  /** Media type of a text. */
  readonly contentType?: string;
}

/** A GET route that the service brings along. @internal */
export interface BuiltInRouteInit {
  readonly name: string;
  /** May hold `:parameters`. */
  readonly path: string;
  readonly handle: (execution: ExecutionContext) => Promise<BuiltInReply>;
  /** Whom it is for: operators, anybody, or anybody for its status and operators for its details. @default 'operator' */
  readonly audience?: 'operator' | 'anybody' | 'status';
}

/** The parts of both adapters' replies that are used here. */
type Reply = AdapterResponse & { status(code: number): unknown; header(name: string, value: string): unknown };

const Execution = createParamDecorator((_data: unknown, execution: ExecutionContext) => execution);

/** An ordinary Nest controller for a built-in route: version-neutral, below the app's prefix. @internal */
export function createBuiltInController(
  { name, path, handle, audience = 'operator' }: BuiltInRouteInit,
  filter: ExceptionFilter,
  checks: GateChecks,
): Type {
  class BuiltInController {
    async handle(execution: ExecutionContext): Promise<object | string> {
      const request = execution.switchToHttp().getRequest<AdapterRequest>();
      const response = execution.switchToHttp().getResponse<Reply>();
      const context = contextOf(request);
      if (context) {
        context.servicePath = path;
        if (audience !== 'anybody') await checks.atController(audience, path, { request, response, context });
      }
      const { status, body, contentType } = await handle(execution);
      response.status(status);
      if (contentType) response.header('content-type', contentType);
      return body;
    }
  }
  const { prototype } = BuiltInController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'handle') as TypedPropertyDescriptor<unknown>;
  const method = descriptor.value as object;
  Object.defineProperty(BuiltInController, 'name', { value: name });
  Controller({ path, version: VERSION_NEUTRAL })(BuiltInController);
  Get()(prototype, 'handle', descriptor);
  Execution()(prototype, 'handle', 0);
  Reflect.defineMetadata('design:paramtypes', [Object], prototype, 'handle');
  UseFilters(filter)(BuiltInController);
  Reflect.defineMetadata(GENERATED, true, BuiltInController);
  Reflect.defineMetadata(STAGE_ROUTE, null, method);
  Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG, { [STAGE_ROUTE]: null }, method);
  return BuiltInController;
}
