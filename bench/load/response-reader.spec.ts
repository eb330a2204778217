import fc from 'fast-check';
import { ResponseReader, type ReadState } from './response-reader.js';

const measured = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const chunked = (...chunks: string[]): string =>
  `HTTP/1.1 503 Service Unavailable\r\ntransfer-encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;

function readAll(reader: ResponseReader, text: string, cuts: readonly number[]): ReadState[] {
  const borders = [...new Set([0, ...cuts.map((cut) => cut % text.length), text.length])].sort((a, b) => a - b);
  return borders.slice(1).map((end, index) => {
    const part = Buffer.from(text.slice(borders[index], end), 'latin1');
    return reader.read(part, part.length);
  });
}

describe('ResponseReader', () => {
  it.each([
    ['a length', measured('{"a":1}'), 200],
    ['an empty body', measured(''), 200],
    ['chunks', chunked('data: 1\n\n', 'data: 2\n\n'), 503],
  ])('finds the end of a response with %s wherever it is cut, and only there', (_, text, status) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), (cuts) => {
        const reader = new ResponseReader();
        for (let response = 0; response < 2; response++) {
          const states = readAll(reader, text, cuts);
          expect(states.pop()).toBe('complete');
          expect(states).not.toContain('complete');
          expect(reader.status).toBe(status);
        }
      }),
    );
  });

  it('tells when the body has begun', () => {
    const text = chunked('data: 1\n\n');
    const head = text.indexOf('\r\n\r\n') + 4;
    expect(readAll(new ResponseReader(), text, [head, head + 3])).toEqual(['head', 'body', 'complete']);
  });
});
