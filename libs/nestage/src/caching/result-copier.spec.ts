import { Readable } from 'node:stream';
import fc from 'fast-check';
import { FinishedResult } from '../core/pipeline/finished-result.js';
import { PlainClasses } from './plain-classes.js';
import { ResultCopier } from './result-copier.js';
import { roughBytes } from './rough-bytes.js';

class Label {
  name = 'cat';
  scores = [1, 2];
  get first() {
    return this.scores[0];
  }
}
class Hiding {
  readonly #secret = 5;
  get secret() {
    return this.#secret;
  }
}

const copier = new ResultCopier(new PlainClasses());

describe(ResultCopier.name, () => {
  it('copies what has its whole state in its fields, with its class', () => {
    const label = new Label();
    expect(copier.copy(new Date(Number.NaN)).getTime()).toBeNaN();
    const copy = copier.copy({ label, at: new Date(5), map: new Map([[label, new Set([1])]]), bytes: Buffer.from('abc') });
    label.scores.push(3);
    expect(copy.label).toBeInstanceOf(Label);
    expect([copy.label.first, copy.label.scores]).toEqual([1, [1, 2]]);
    expect([...copy.map.keys()][0]).toBe(copy.label);
    expect([copy.at, copy.bytes]).toEqual([new Date(5), Buffer.from('abc')]);
    expect(copier.copy(new FinishedResult({ a: 1 }))).toEqual(new FinishedResult({ a: 1 }));
  });

  it('copies bytes of every kind, and only those that a view shows', () => {
    const floats = new Float32Array([1, 2, 3]).subarray(1);
    const copy = copier.copy(floats);
    floats.fill(0);
    expect([...copy]).toEqual([2, 3]);
    const buffer = Buffer.from('abc');
    const copied = copier.copy(buffer);
    buffer.fill(0);
    expect([Buffer.isBuffer(copied), copied.toString()]).toEqual([true, 'abc']);
  });

  it('hands on what it can not copy', () => {
    const values = [new Hiding(), Readable.from([]), () => 1, Promise.resolve(), new URL('http://localhost')];
    expect(copier.copy(values).every((value, index) => value === values[index])).toBe(true);
  });

  it('keeps what points to itself, and fields with names of the class', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    const copy = copier.copy(loop);
    expect([copy.self === copy, copy === loop]).toEqual([true, false]);
    const odd = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    const copied = copier.copy(odd) as { polluted?: unknown };
    expect([Object.keys(copied), copied.polluted]).toEqual([['__proto__'], undefined]);
  });

  it('gives what is equal and shares nothing that can be changed', () => {
    fc.assert(
      fc.property(fc.object({ withDate: true, withMap: true, withSet: true, withTypedArray: true, maxDepth: 4 }), (value) => {
        const own = new Set<object>();
        collect(value, own);
        fc.pre(![...own].some(isInvalidDate)); // jest finds one unlike another
        const copy = copier.copy(value);
        expect(copy).toEqual(value);
        const theirs = new Set<object>();
        collect(copy, theirs);
        expect([...theirs].filter((each) => own.has(each))).toEqual([]);
      }),
    );
  });
});

const isInvalidDate = (value: object): boolean => value instanceof Date && Number.isNaN(value.getTime());

describe(roughBytes.name, () => {
  it('counts texts and bytes by their length, and each object once', () => {
    const text = 'x'.repeat(1000);
    expect(roughBytes(text)).toBe(1000);
    expect(roughBytes(Buffer.alloc(5000))).toBeGreaterThanOrEqual(5000);
    expect(roughBytes({ a: text, b: [text] })).toBeGreaterThan(2000);
    const loop: Record<string, unknown> = { text };
    loop.self = loop;
    expect(roughBytes(loop)).toBeLessThan(1100);
    expect(roughBytes(new Map([[text, new Set([text])]]))).toBeGreaterThan(2000);
    expect(roughBytes(new Array(200_000).fill(1))).toBeGreaterThan(1_000_000);
  });
});

function collect(value: unknown, into: Set<object>): void {
  if (typeof value !== 'object' || value === null || into.has(value)) return;
  into.add(value);
  if (value instanceof Map) for (const pair of value) pair.forEach((each) => collect(each, into));
  else if (value instanceof Set) for (const each of value) collect(each, into);
  else if (!ArrayBuffer.isView(value)) for (const each of Object.values(value)) collect(each, into);
}
