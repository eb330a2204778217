import { callerOf } from '../core/context/caller.js';
import type { StageContext } from '../core/context/stage-context.js';

/** How one client names itself and its requests. */
type RequestId = string | number;

/** Header by which a client says that its messages belong together. @internal */
export const SESSION_HEADER = 'mcp-session-id';

/**
 * Calls that are being worked on, so that a later message can call one off. Ids are the client's own, so they count within its session
 * and its key alone. A session is a name that was given out and nothing else: nothing is kept for it.
 * @internal
 */
export class OpenCalls {
  private readonly open = new Map<string, () => void>();

  /** @returns what takes the call off the list */
  add(context: StageContext, id: RequestId, cancel: () => void): () => void {
    const key = keyOf(context, id);
    if (key === undefined) return () => undefined;
    this.open.set(key, cancel);
    return () => void (this.open.get(key) === cancel && this.open.delete(key));
  }

  cancel(context: StageContext, id: RequestId): void {
    const key = keyOf(context, id);
    if (key !== undefined) this.open.get(key)?.();
  }
}

/** Without a session, two clients could mean different requests by one id. */
function keyOf(context: StageContext, id: RequestId): string | undefined {
  const session = context.headers[SESSION_HEADER];
  return session === undefined ? undefined : JSON.stringify([callerOf(context)?.name ?? null, session, id]);
}
