/** A field of a protocol-buffers message: bytes, a text, a nested message, or a whole number. */
type Field = readonly [number: number, value: number | string | Uint8Array];

/** Encodes a message, which is all that an ONNX file is. @see https://protobuf.dev/programming-guides/encoding */
function message(...fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(number << 3), ...varint(value)]);
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
    }),
  );
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

const FLOAT = 1;

/** A list of floats of any length. */
const listOf = (name: string): Buffer => {
  const shape = message([1, message([2, 'n'])]);
  return message([1, name], [2, message([1, message([1, FLOAT], [2, shape])])]);
};

/** An ONNX model that multiplies each number of `x` by two, as `y`. */
export function tinyOnnxModel(): Buffer {
  const two = Buffer.alloc(4);
  two.writeFloatLE(2);
  const node = message([1, 'x'], [1, 'two'], [2, 'y'], [3, 'double'], [4, 'Mul']);
  const constant = message([1, 1], [2, FLOAT], [8, 'two'], [9, two]);
  const graph = message([1, node], [2, 'tiny'], [5, constant], [11, listOf('x')], [12, listOf('y')]);
  return message([1, 8], [7, graph], [8, message([1, ''], [2, 13])]);
}
