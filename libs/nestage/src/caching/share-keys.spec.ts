import 'reflect-metadata';
import { bindCaller } from '../core/context/caller.js';
import { RequestContext, type RequestContextInit } from '../core/context/request-context.js';
import { resolveRoute } from '../core/discovery/resolve-route.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { jsonProtocol } from '../core/protocol/json.protocol.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import type { ShareKey } from './caching.options.js';
import { PlainClasses } from './plain-classes.js';
import { ShareKeys } from './share-keys.js';

class Handler {
  run(): void {}
}
const ROUTE = resolveRoute(Handler, { path: '/x', options: { request: false } }, {});

const keysBy = (key: ShareKey, route: StageRoute = ROUTE): ShareKeys => new ShareKeys({ route, key, classes: new PlainClasses() });
function contextOf(init: Partial<RequestContextInit> = {}, caller?: string): RequestContext {
  const context = new RequestContext({ logId: '1', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0, ...init });
  if (caller) bindCaller(context, { name: caller, scopes: [] });
  return context;
}

describe(ShareKeys.name, () => {
  it.each(['authorization', 'x-api-key', 'cookie'])('tells clients apart by %s, and shows nothing of it', (header) => {
    const keys = keysBy('client');
    const keyOf = (value: string): string | undefined => keys.of('input', contextOf({ headers: { [header]: value } }));
    expect(keyOf('one')).toBe(keyOf('one'));
    expect(keyOf('one')).not.toBe(keyOf('two'));
    expect(keyOf('one')).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(keysBy('input').of('input', contextOf({ headers: { [header]: 'one' } }))).toBe(keysBy('input').of('input', contextOf()));
  });

  it('tells jobs apart by the name of their key, and shares none without', () => {
    const keys = keysBy('client');
    const job = { origin: 'job' } as const;
    expect(keys.of('input', contextOf(job))).toBeUndefined();
    expect(keys.of('input', contextOf(job, 'a'))).toBe(keys.of('input', contextOf(job, 'a')));
    expect(keys.of('input', contextOf(job, 'a'))).not.toBe(keys.of('input', contextOf(job, 'b')));
    expect(keysBy('input').of('input', contextOf(job))).toBeDefined();
  });

  it("takes a function's key as it is, with what the protocol adds", () => {
    const key = (input: unknown): string | undefined => (input === 'alone' ? undefined : String(input));
    expect([keysBy(key).of('a', contextOf()), keysBy(key).of('alone', contextOf())]).toEqual(['a', undefined]);
    const variant = ({ headers }: RequestContext): unknown => headers['x-form'];
    const route = { ...ROUTE, protocol: Object.assign(Object.create(jsonProtocol) as typeof jsonProtocol, { variant }) };
    const [plain, streamed] = ['plain', 'streamed'].map((form) => keysBy(key, route).of('a', contextOf({ headers: { 'x-form': form } })));
    expect(plain).not.toBe(streamed);
    for (const each of [plain, streamed]) expect([ShareKeys.isOf('a', each ?? ''), ShareKeys.isOf('b', each ?? '')]).toEqual([true, false]);
    expect(keysBy(key, route).of('alone', contextOf({ headers: { 'x-form': 'plain' } }))).toBeUndefined();
  });

  it.each([5, null, Promise.resolve('later')])('refuses %p as a key', (given) => {
    expect(() => keysBy(() => given as unknown as string).of('a', contextOf())).toThrow(
      'The "key" of Handler must give a string or undefined, gave',
    );
  });
});
