import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { WHOLE_VALUE } from '../../core/validation/whole-value.js';
import { PayloadStore } from '../../core/jobs/payload-store.js';
import { ValueCodec } from './value-codec.js';

class MapStore extends PayloadStore {
  readonly kept = new Map<string, Buffer>();
  async put(bytes: Uint8Array): Promise<string> {
    const reference = String(this.kept.size);
    this.kept.set(reference, Buffer.from(bytes));
    return reference;
  }
  async get(reference: string): Promise<Buffer | undefined> {
    return this.kept.get(reference);
  }
  async delete(reference: string): Promise<void> {
    this.kept.delete(reference);
  }
}

describe(ValueCodec, () => {
  const store = new MapStore();
  const codec = new ValueCodec({ payloads: store, inlineBytes: 200 });
  const roundTrip = async (value: unknown): Promise<unknown> =>
    codec.decode(JSON.parse(JSON.stringify(await codec.encode(value, 1000))) as Awaited<ReturnType<ValueCodec['encode']>>);

  it('gives back what it was given, whatever that is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        async (value) => {
          const given = await roundTrip(value);
          expect(isDeepStrictEqual(structuredCloneLike(given), structuredCloneLike(value))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps long values in the store, and forgets them when told', async () => {
    store.kept.clear();
    const wire = await codec.encode({ bytes: Buffer.alloc(1000, 1) }, 1000);
    expect([JSON.stringify(wire).length < 50, store.kept.size]).toEqual([true, 1]);
    codec.discard(wire);
    expect(store.kept.size).toBe(0);
    await expect(codec.decode(wire)).rejects.toMatchObject({ code: 'system_error' });
  });

  it.each([
    ['a function', { f: () => 1 }],
    ['a file of its request', { [WHOLE_VALUE]: true }],
    ['a file within the input', { file: { [WHOLE_VALUE]: true } }],
  ])('refuses %s by words', async (_name, value) => {
    await expect(codec.encode(value, 1000)).rejects.toMatchObject({
      code: 'processing_error',
      message: expect.stringContaining("can't be taken to another process"),
    });
  });
});

/** Comparable across the realms of the test runner; -0 and prototypes are no matter of the codec. */
function structuredCloneLike(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, each: unknown): unknown {
    const raw: unknown = this[key];
    if (typeof each === 'bigint') return `${each}n`;
    if (each === undefined) return 'undefined';
    if (typeof each === 'number' && !Number.isFinite(each)) return String(each);
    if (Object.prototype.toString.call(raw) === '[object Map]') return [...(raw as Map<unknown, unknown>)];
    if (Object.prototype.toString.call(raw) === '[object Set]') return [...(raw as Set<unknown>)];
    if (Object.prototype.toString.call(raw) === '[object Date]') return Number(raw);
    return each;
  });
}
