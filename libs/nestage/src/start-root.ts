import type { DynamicModule, Type } from '@nestjs/common';
import { StartFaultError } from './core/discovery/start-fault.js';

/** The root module of an app. @publicApi */
export type RootModule = Type | DynamicModule;

/** The root module, or a function that makes it at the start: what it throws is told as any other fault there. @publicApi */
export type RootModuleSource = RootModule | (() => RootModule | Promise<RootModule>);

/**
 * Asks the function, if it is one.
 * @throws what it throws; StartFaultError for what is no module
 * @internal
 */
export async function rootModuleOf(source: RootModuleSource): Promise<RootModule> {
  const isMade = typeof source === 'function' && !isClass(source);
  const root: unknown = isMade ? await source() : source;
  if (isClass(root) || typeof (root as Partial<DynamicModule> | null | undefined)?.module === 'function') return root as RootModule;
  const what = isMade ? 'the function that is given gives' : 'there is';
  throw new StartFaultError([
    `The root module is missing: ${what} ${nameOf(root)}. Write startWebService(AppModule), or () => AppModule.of(options) for one that is made at the start.`,
  ]);
}

/** Functions can't be told from classes by their type; of a class alone the prototype can't be replaced. */
function isClass(value: unknown): value is Type {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object without { module }' : `a ${typeof value}`;
}
