import type { ApplicationConfig } from '@nestjs/core';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { runMethodOf } from '../../core/stage/stage-metadata.js';

/** Where Nest keeps what its decorators were given, in order: `@UseGuards`, `@UseInterceptors`, `@UsePipes`, `@HttpCode`, `@Header` and so on. */
const SURROUNDINGS = [
  '__guards__',
  '__interceptors__',
  '__pipes__',
  '__httpCode__',
  '__headers__',
  '__redirect__',
  '__renderTemplate__',
  '__sse__',
];

/**
 * Whether nothing of Nest's does anything for the requests of a route before or after its controller: no guard, interceptor or pipe, its
 * own or global, no header or redirect by decorator, no choice among versions. Filters may be: they come with an error.
 * @internal
 */
export function isBare({ handler }: StageRoute, config: ApplicationConfig): boolean {
  const global = [
    config.getGlobalGuards(),
    config.getGlobalRequestGuards(),
    config.getGlobalInterceptors(),
    config.getGlobalRequestInterceptors(),
    config.getGlobalPipes(),
    config.getGlobalRequestPipes(),
  ];
  const targets = [handler, runMethodOf(handler)];
  return (
    global.every(({ length }) => length === 0) &&
    config.getVersioning() === undefined &&
    !SURROUNDINGS.some((key) => targets.some((target) => Reflect.hasMetadata(key, target)))
  );
}
