import { AsyncLocalStorage } from 'node:async_hooks';
import type { StageContext } from './stage-context.js';

/** The one piece of module-level state: which request the running code belongs to. @internal */
export const contextStorage = new AsyncLocalStorage<StageContext>();

/** The context of the request that the calling code works for, or `undefined` outside of any. @publicApi */
export function currentContext(): StageContext | undefined {
  return contextStorage.getStore();
}

/** The log id of the current request, or `undefined` outside of any. @publicApi */
export function currentLogId(): string | undefined {
  return contextStorage.getStore()?.logId;
}
