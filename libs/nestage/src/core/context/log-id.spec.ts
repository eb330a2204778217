import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import fc from 'fast-check';
import { systemClock } from '../../common/clock.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { acceptLogId, LogIdMint } from './log-id.js';

const HOOK = join(import.meta.dirname, '../../../../../test/support/typescript-hook.mjs');
const SOURCE = join(import.meta.dirname, 'log-id.ts');
const CLOCK = join(import.meta.dirname, '../../common/clock.ts');

describe('acceptLogId', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

  it.each([
    ['logid', '17072938263441553'],
    ['x-request-id', 'f3b0c442-98fc-1c14-9afb-f4c8996fb924'],
    ['logid', 'a'],
    ['logid', 'a.b_c:d-9'],
    ['logid', 'x'.repeat(128)],
  ])('takes %s: %s', (name, value) => {
    expect(acceptLogId({ [name]: value })).toBe(value);
  });

  it.each([
    '',
    ' ',
    'a b',
    'a\nb',
    'a\r\nset-cookie: x=1',
    '-a',
    '.hidden',
    'a]',
    '[level:ERROR]',
    'a"b',
    'a/b',
    'ü',
    'a\u2028',
    'x'.repeat(129),
    '<script>',
    '%0a',
  ])('refuses %j', (value) => {
    expect(acceptLogId({ logid: value, 'x-request-id': value })).toBeUndefined();
  });

  it('prefers logid to x-request-id to traceparent, and passes over what it refuses', () => {
    const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
    expect(acceptLogId({ logid: 'one', 'x-request-id': 'two', traceparent })).toBe('one');
    expect(acceptLogId({ logid: 'o n e', 'x-request-id': 'two', traceparent })).toBe('two');
    expect(acceptLogId({ logid: ['one', 'two'], traceparent })).toBe(TRACE);
    expect(acceptLogId({})).toBeUndefined();
  });

  it.each([
    `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-00f067aa0ba902b7`,
    `00-${TRACE.slice(1)}-00f067aa0ba902b7-01`,
    `00-${TRACE}x-00f067aa0ba902b7-01`,
    'nonsense',
  ])('takes no trace id of %s', (traceparent) => {
    expect(acceptLogId({ traceparent })).toBeUndefined();
  });

  it('takes the trace id of a traceparent of a later version', () => {
    expect(acceptLogId({ traceparent: `01-${TRACE}-00f067aa0ba902b7-01-more` })).toBe(TRACE);
  });

  it('never takes what could forge a line or a header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 140 }), (value) => {
        const taken = acceptLogId({ logid: value });
        expect(taken === undefined || /^[A-Za-z0-9._:-]{1,128}$/.test(taken)).toBe(true);
      }),
    );
  });
});

describe('LogIdMint', () => {
  it('mints 19 digits: milliseconds, worker, counter', () => {
    const clock = new FakeClock(1_707_293_826_344);
    expect(new LogIdMint(7, clock).mint()).toMatch(/^170729382634407\d{4}$/);
    expect(new LogIdMint(123, clock).mint()).toMatch(/^170729382634423\d{4}$/);
    expect(new LogIdMint(7, clock).mint()).toHaveLength(19);
  });

  it('starts its counter anywhere', () => {
    const clock = new FakeClock();
    const starts = new Set(Array.from({ length: 50 }, () => new LogIdMint(1, clock).mint().slice(-4)));
    expect(starts.size).toBeGreaterThan(25);
  });

  it('never repeats an id, whatever the clock does: stand still, run, go back', () => {
    const step = fc.record({ ms: fc.integer({ min: -50, max: 50 }), ids: fc.nat(3000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let now = 1_707_293_826_344;
        const mint = new LogIdMint(1, { ...systemClock, now: () => now });
        const seen = new Set<string>();
        let count = 0;
        for (const { ms, ids } of steps) {
          now += ms;
          for (let made = 0; made < ids; made++, count++) seen.add(mint.mint());
        }
        expect(seen.size).toBe(count);
      }),
      { numRuns: 60 },
    );
  });

  it('uses all 10 000 values of a frozen millisecond, then goes on in the next', () => {
    const clock = new FakeClock(1_707_293_826_344);
    const mint = new LogIdMint(1, clock);
    const ids = Array.from({ length: 25_000 }, () => mint.mint());
    expect(new Set(ids).size).toBe(25_000);
    const milliseconds = ids.map((id) => Number(id.slice(0, 13)) - clock.now());
    expect(milliseconds).toEqual(ids.map((_, index) => Math.floor(index / 10_000)));
  });

  it('mints 100 000 ids in each of 4 processes without a double', async () => {
    const script = `
      import { LogIdMint } from ${JSON.stringify(SOURCE)};
      import { systemClock } from ${JSON.stringify(CLOCK)};
      const mint = new LogIdMint(Number(process.argv[1]), systemClock);
      process.stdout.write(Array.from({ length: 100_000 }, () => mint.mint()).join('\\n'));`;
    const outputs = await Promise.all(
      [1, 2, 3, 4].map(async (worker) => {
        const args = ['--import', HOOK, '--input-type=module', '--eval', script, String(worker)];
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        let text = '';
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        await once(child, 'close');
        return text.split('\n');
      }),
    );
    expect(outputs.map(({ length }) => length)).toEqual([100_000, 100_000, 100_000, 100_000]);
    expect(new Set(outputs.flat()).size).toBe(400_000);
  });
});
