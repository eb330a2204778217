import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { isRecord } from '../../common/type-guards.js';
import { isWholeValue } from '../../core/validation/whole-value.js';
import type { RouteInput } from '../../http/route-execution.js';

/**
 * What two requests share only if they ask for the same: of a form its fields and files, whatever stands between them on the wire.
 * @internal
 */
export async function fingerprintOf({ body, parameters }: RouteInput): Promise<string> {
  const hash = createHash('sha256');
  await write(hash, [body, parameters.path, parameters.query]);
  return hash.digest('base64url');
}

async function write(hash: Hash, value: unknown): Promise<void> {
  if (Array.isArray(value)) {
    hash.update(`[${value.length}:`);
    for (const item of value) await write(hash, item);
  } else if (isWholeValue(value)) {
    const file = value as { readonly size: number; stream(): Readable };
    hash.update(`<${file.size}:`);
    for await (const chunk of file.stream()) hash.update(chunk as Buffer);
  } else if (ArrayBuffer.isView(value)) {
    hash.update(`<${value.byteLength}:`).update(value as Uint8Array);
  } else if (isRecord(value)) {
    const keys = Object.keys(value).sort();
    hash.update(`{${keys.length}:`);
    for (const key of keys) {
      hash.update(JSON.stringify(key));
      await write(hash, value[key]);
    }
  } else {
    hash.update(`${JSON.stringify(value) ?? 'undefined'};`);
  }
}
