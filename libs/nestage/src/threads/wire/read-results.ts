import { BinaryResult } from '../../core/stage/binary-result.js';
import type { WireResult } from './messages.js';
import { fromWireError } from '../../core/errors/wire-error.js';

/**
 * What a worker gave: of a batch one value or Error for each input, `undefined` for a stream.
 * @throws the error of a single result
 * @internal
 */
export function readResults(results: readonly WireResult[] | WireResult | undefined): unknown {
  if (results === undefined) return undefined;
  if (isBatch(results)) return results.map((result) => ('error' in result ? fromWireError(result.error) : valueOf(result)));
  if ('error' in results) throw fromWireError(results.error);
  return valueOf(results);
}

function valueOf(result: Exclude<WireResult, { error: unknown }>): unknown {
  if ('value' in result) return result.value;
  const { data, type, filename } = result.binary;
  return new BinaryResult(data, { type, ...(filename !== undefined && { filename }) });
}

const isBatch = (results: readonly WireResult[] | WireResult): results is readonly WireResult[] => Array.isArray(results);
