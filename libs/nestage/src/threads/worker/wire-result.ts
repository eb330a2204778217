import { Readable } from 'node:stream';
import type { TransferListItem } from 'node:worker_threads';
import { isInstance } from '../../common/type-guards.js';
import { ProcessingError } from '../../core/errors/service-errors.js';
import { isWebServiceError } from '../../core/errors/web-service.error.js';
import { BinaryResult } from '../../core/stage/binary-result.js';
import type { WireResult } from '../wire/messages.js';
import { transfersOf } from '../wire/transfer.js';
import { toWireError } from '../../core/errors/wire-error.js';

/** @throws ProcessingError for a stream of bytes, which belongs to its thread @internal */
export function toWireResult(value: unknown): WireResult {
  if (isInstance(value, Error) || isWebServiceError(value)) return { error: toWireError(value) };
  const data: unknown = value instanceof BinaryResult ? value.data : value;
  if (data instanceof Readable)
    throw new ProcessingError("A Readable can't leave its worker: give the bytes, or a stream of items by an async generator");
  if (value instanceof BinaryResult) return { binary: { data: data as Uint8Array, type: value.type, filename: value.filename } };
  return { value };
}

/** What is to be moved with results. @internal */
export function transfersOfResult(value: unknown): TransferListItem[] {
  return value instanceof BinaryResult ? [...transfersOf(value), ...transfersOf(value.data)] : transfersOf(value);
}
