import fc from 'fast-check';
import { formatTraceParent, parseTraceParent } from './trace-parent.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';

describe(parseTraceParent.name, () => {
  it('reads what it writes', () => {
    const id = (bytes: number) =>
      fc
        .uint8Array({ minLength: bytes, maxLength: bytes })
        .map((each) => Buffer.from(each).toString('hex'))
        .filter((hex) => !/^0+$/.test(hex));
    fc.assert(
      fc.property(id(16), id(8), fc.constantFrom(0, 1), (traceId, spanId, traceFlags) => {
        const span = { traceId, spanId, traceFlags };
        expect(parseTraceParent({ traceparent: formatTraceParent(span) })).toEqual({ ...span, isRemote: true });
      }),
    );
  });

  it('takes later versions with more fields, as the standard asks', () => {
    expect(parseTraceParent({ traceparent: `01-${TRACE_ID}-${SPAN_ID}-01-more` })).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID });
  });

  it.each([
    undefined,
    '',
    `ff-${TRACE_ID}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${SPAN_ID}-01-more`,
    `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${SPAN_ID}-01\r\nx: y`,
  ])('refuses %j', (traceparent) => {
    expect(parseTraceParent({ traceparent })).toBeUndefined();
  });
});
