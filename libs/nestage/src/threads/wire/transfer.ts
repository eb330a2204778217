import type { TransferListItem } from 'node:worker_threads';

/** Shared by all copies of the package, so that a value that one has marked is known to another. */
const TRANSFER = Symbol.for('nestage.transfer');

/**
 * Says that buffers of a value are to be moved to the other thread, not copied: whoever gives the value can't use them any more. For
 * inputs (in `preProcess`), results and items of streams. A request that is tried again needs its input again, so a route with `retry`
 * must not move it.
 *
 * @param buffers what is moved @default the value's own buffer, when it is a typed array, a Buffer or an ArrayBuffer
 * @returns the value itself
 * @example return transfer({ width, height, data }, [data.buffer]);
 * @publicApi
 */
export function transfer<T extends object>(value: T, buffers: readonly TransferListItem[] = ownBuffer(value)): T {
  Object.defineProperty(value, TRANSFER, { value: buffers, configurable: true, enumerable: false });
  return value;
}

/** What is to be moved with a value, or with the elements of an array. @internal */
export function transfersOf(value: unknown): TransferListItem[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = (value as { readonly [TRANSFER]?: readonly TransferListItem[] })[TRANSFER];
  if (own) return [...own];
  return Array.isArray(value) ? value.flatMap((element: unknown) => marked(element)) : [];
}

function marked(value: unknown): readonly TransferListItem[] {
  return (value as { readonly [TRANSFER]?: readonly TransferListItem[] } | null | undefined)?.[TRANSFER] ?? [];
}

function ownBuffer(value: object): readonly TransferListItem[] {
  if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
  return value instanceof ArrayBuffer ? [value] : [];
}
