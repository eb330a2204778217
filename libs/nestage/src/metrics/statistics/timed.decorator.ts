import { Inject, Optional } from '@nestjs/common';
import { PerformanceMonitor } from './performance-monitor.js';

/** Under this key Nest puts the app's monitor into instances of a class with timed methods. */
const MONITOR = Symbol('nestage:performance-monitor');

type Method = (this: object & { readonly [MONITOR]?: PerformanceMonitor }, ...parameters: unknown[]) => unknown;

/**
 * Records how long each call of a method takes, until its promise settles, also when it fails: in `PerformanceMonitor`, and so in
 * `/stats`. For methods of providers and controllers of any scope: the decorator asks Nest to inject the monitor of the instance's own
 * app, so nothing is shared between apps. On an object that Nest did not make the method runs untimed.
 *
 * @param name under which it is recorded; `Class.method` by default
 * @example
 * ```ts
 * @Injectable()
 * export class Tokenizer {
 *   @Timed()
 *   async tokenize(text: string): Promise<number[]> { ... }
 * }
 * ```
 * @publicApi
 */
export function Timed(name?: string): (target: object, key: string | symbol, descriptor: PropertyDescriptor) => void {
  return (target, key, descriptor) => {
    const method = descriptor.value as Method | undefined;
    if (typeof method !== 'function') throw new TypeError(`@Timed() belongs on a method, ${String(key)} is none.`);
    const label = name ?? `${target.constructor.name}.${String(key)}`;
    const timed: Method = function (...parameters) {
      const monitor = this[MONITOR];
      return monitor ? monitor.measure(label, () => method.apply(this, parameters)) : method.apply(this, parameters);
    };
    descriptor.value = dressedAs(method, timed);
    Inject(PerformanceMonitor)(target, MONITOR);
    Optional()(target, MONITOR);
  };
}

/** Other decorators read the method's name, length and metadata. */
function dressedAs(original: Method, replacement: Method): Method {
  for (const key of ['name', 'length'] as const) Object.defineProperty(replacement, key, { value: original[key], configurable: true });
  for (const key of Reflect.getOwnMetadataKeys(original) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), replacement);
  }
  return replacement;
}
