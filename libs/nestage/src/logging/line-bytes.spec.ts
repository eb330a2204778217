import fc from 'fast-check';
import { LineBytes } from './line-bytes.js';

describe(LineBytes.name, () => {
  const line = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.nat(9000).map((length) => 'x'.repeat(length)),
  );

  it('gives each line once and in its order, as UTF-8, and never writes to what it has given', () => {
    fc.assert(
      fc.property(fc.array(fc.array(line)), (batches) => {
        const bytes = new LineBytes();
        const given = batches.map((lines) => {
          for (const each of lines) bytes.add(each);
          return bytes.take();
        });
        const expected = batches.map((lines) => lines.map((each) => `${each}\n`).join(''));
        expect(given.map(String)).toEqual(expected.map((text) => Buffer.from(text).toString()));
      }),
    );
  });

  it('keeps a batch together that is larger than what it takes from the system at a time', () => {
    const bytes = new LineBytes();
    const lines = Array.from({ length: 300 }, (_, number) => `${number}:${'é'.repeat(10_000)}`);
    bytes.add('before');
    const before = bytes.take();
    for (const each of lines) bytes.add(each);
    const text = bytes.take().toString();
    expect(text.split('\n')).toEqual([...lines, '']);
    expect(before.toString()).toBe('before\n');
  });
});
