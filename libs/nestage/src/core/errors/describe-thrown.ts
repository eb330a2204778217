import { inspect } from 'node:util';

/** A thrown thing in plain strings, for the server's own log; it is not scrubbed and must not be sent. @internal */
export interface ThrownDescription {
  /** Name of the error, or the kind of value that was thrown in place of one: `string`, `null`, `Object`. */
  readonly type: string;
  readonly message: string;
  /** The stack as the engine wrote it, empty for anything that has none. */
  readonly stack: string;
  /** What led to it, nearest first: `cause`, then the `errors` of an AggregateError. Each thing is told once, so a cycle ends. */
  readonly causes: readonly ThrownDescription[];
}

const MAX_DEPTH = 8;
const MAX_DESCRIPTIONS = 32;
const MAX_TYPE_CHARS = 100;
const MAX_MESSAGE_CHARS = 4096;
const MAX_STACK_CHARS = 16_384;

/** What one call has told so far. */
interface Telling {
  readonly seen: Set<unknown>;
  left: number;
}

/**
 * Describes anything thrown. Never throws, whatever its getters and traps do, and its result is bounded: 8 levels deep, 32 things,
 * 4 kB a message, 16 kB a stack.
 * @internal
 */
export function describeThrown(thrown: unknown): ThrownDescription {
  return describe(thrown, { seen: new Set(), left: MAX_DESCRIPTIONS }, MAX_DEPTH);
}

/** The stack, and below it those of what led to it. @internal */
export function storyOf({ type, message, stack, causes }: ThrownDescription): string {
  return [stack || `${type}: ${message}`, ...causes.map((cause) => `Caused by: ${storyOf(cause)}`)].join('\n');
}

function describe(thrown: unknown, telling: Telling, depth: number): ThrownDescription {
  telling.left--;
  if (!isObject(thrown)) return { type: thrown === null ? 'null' : typeof thrown, message: messageOf(thrown), stack: '', causes: [] };
  telling.seen.add(thrown);
  const stack = read(thrown, 'stack');
  return {
    type: cut(typeOf(thrown), MAX_TYPE_CHARS),
    message: messageOf(thrown),
    stack: typeof stack === 'string' ? cut(stack, MAX_STACK_CHARS) : '',
    causes: depth > 1 ? describeCauses(thrown, telling, depth - 1) : [],
  };
}

function describeCauses(thrown: object, telling: Telling, depth: number): ThrownDescription[] {
  const causes: ThrownDescription[] = [];
  for (const cause of causesOf(thrown)) {
    if (telling.left <= 0) break;
    if (cause === undefined || cause === null || telling.seen.has(cause)) continue;
    causes.push(describe(cause, telling, depth));
  }
  return causes;
}

function* causesOf(thrown: object): Generator<unknown> {
  yield read(thrown, 'cause');
  const errors = read(thrown, 'errors');
  if (!isArray(errors)) return;
  const length = read(errors, 'length');
  // A proxy may claim any length, and holes cost a turn each: the bound holds here, not only in the count of what was told.
  const count = typeof length === 'number' ? Math.min(length, MAX_DESCRIPTIONS) : 0;
  for (let index = 0; index < count; index++) yield read(errors, index);
}

function typeOf(thrown: object): string {
  const name = read(thrown, 'name');
  if (typeof thrown !== 'function' && typeof name === 'string' && name !== '') return name;
  const constructor = read(thrown, 'constructor');
  const constructorName = isObject(constructor) ? read(constructor, 'name') : undefined;
  return typeof constructorName === 'string' && constructorName !== '' ? constructorName : typeof thrown;
}

function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return cut(thrown, MAX_MESSAGE_CHARS);
  const message = isObject(thrown) ? read(thrown, 'message') : undefined;
  if (typeof message === 'string') return cut(message, MAX_MESSAGE_CHARS);
  return cut(preview(message ?? thrown), MAX_MESSAGE_CHARS);
}

/** One line about a value that has no message of its own. */
function preview(value: unknown): string {
  try {
    return inspect(value, {
      depth: 1,
      customInspect: false,
      getters: false,
      maxArrayLength: 16,
      maxStringLength: 256,
      breakLength: Infinity,
    });
  } catch {
    return 'a value that throws when it is looked at';
  }
}

function read(from: object, key: string | number): unknown {
  try {
    return (from as Record<string | number, unknown>)[key];
  } catch {
    return undefined; // a getter or a trap that throws has nothing to tell
  }
}

function isArray(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false; // a revoked proxy
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
