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
import { FASTIFY_ROUTE_CONFIG, GENERATED, STAGE_ROUTE } from '../route-metadata.js';
import type { AdapterResponse } from '../request-of.js';

/** A GET route that the service brings along. @internal */
export interface BuiltInRouteInit {
  readonly name: string;
  readonly path: string;
  /** @returns status and JSON body */
  readonly handle: (execution: ExecutionContext) => Promise<{ readonly status: number; readonly body: object }>;
}

const Execution = createParamDecorator((_data: unknown, execution: ExecutionContext) => execution);

/** An ordinary Nest controller for a built-in route: version-neutral, below the app's prefix, answered in JSON. @internal */
export function createBuiltInController({ name, path, handle }: BuiltInRouteInit, filter: ExceptionFilter): Type {
  class BuiltInController {
    async handle(execution: ExecutionContext): Promise<object> {
      const { status, body } = await handle(execution);
      const response = execution.switchToHttp().getResponse<AdapterResponse & { status(code: number): unknown }>();
      response.status(status);
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
