import { deserialize, serialize } from 'node:v8';
import { ProcessingError, SystemError } from '../../core/errors/service-errors.js';
import type { PayloadStore } from '../../core/jobs/payload-store.js';
import { isRecord } from '../../common/type-guards.js';
import { WHOLE_VALUE } from '../../core/validation/whole-value.js';

/** A value on its way to another process. @internal */
export type WireValue =
  /** As it is. */
  | { readonly j: string | number | boolean | null }
  /** Cloned, in base64. */
  | { readonly v: string }
  /** Cloned, in the store of payloads. */
  | { readonly r: string };

/** @internal */
export interface ValueCodecInit {
  readonly payloads: PayloadStore;
  /** Longer values go to the store. */
  readonly inlineBytes: number;
}

/**
 * Takes values from one process to another as `structuredClone` would: JSON, and bytes, dates, maps, sets and `undefined` as well; of an
 * instance of a class its fields. Long ones travel by reference.
 * @internal
 */
export class ValueCodec {
  constructor(private readonly init: ValueCodecInit) {}

  /** @throws ProcessingError for what can't be cloned */
  async encode(value: unknown, keepMs: number): Promise<WireValue> {
    const { payloads, inlineBytes } = this.init;
    if (isPlain(value) && !(typeof value === 'string' && value.length > inlineBytes)) return { j: value };
    const bytes = clone(value);
    if (bytes.byteLength <= inlineBytes) return { v: bytes.toString('base64') };
    return { r: await payloads.put(bytes, keepMs) };
  }

  /** @throws SystemError when what it refers to is gone */
  async decode(wire: WireValue): Promise<unknown> {
    if ('j' in wire) return wire.j;
    if ('v' in wire) return deserialize(Buffer.from(wire.v, 'base64'));
    const bytes = await this.init.payloads.get(wire.r);
    if (!bytes) throw new SystemError('The payload of a job is gone from its store');
    return deserialize(bytes);
  }

  /** Lets go of what a value refers to; its time ends it anyway. */
  discard(wire: WireValue): void {
    if ('r' in wire) this.init.payloads.delete(wire.r).catch(() => undefined);
  }
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value);
}

function clone(value: unknown): Buffer {
  const bound = [value, ...(isRecord(value) ? Object.values(value) : Array.isArray(value) ? (value as unknown[]) : [])].find(isBound);
  if (bound) throw notPortable(`an ${bound.constructor.name} belongs to its request: let preProcess give its bytes`);
  try {
    return serialize(value);
  } catch (cause) {
    throw notPortable((cause as Error).message, cause);
  }
}

/** An uploaded file and its like have no bytes of their own. */
const isBound = (value: unknown): boolean => (value as { [WHOLE_VALUE]?: unknown } | null | undefined)?.[WHOLE_VALUE] === true;

function notPortable(why: string, cause?: unknown): ProcessingError {
  return new ProcessingError(`A value can't be taken to another process: ${why}`, { cause });
}
