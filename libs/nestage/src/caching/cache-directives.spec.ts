import { directivesOf } from './cache-directives.js';

describe(directivesOf.name, () => {
  it.each([
    [undefined, { mayStore: true, mayReuse: true, maxAgeMs: Infinity }],
    ['no-store', { mayStore: false, mayReuse: false, maxAgeMs: Infinity }],
    ['No-Cache', { mayStore: true, mayReuse: false, maxAgeMs: Infinity }],
    ['max-age=0', { mayStore: true, mayReuse: false, maxAgeMs: 0 }],
    ['no-transform, max-age="60"', { mayStore: true, mayReuse: true, maxAgeMs: 60_000 }],
    ['no-cache, no-store', { mayStore: false, mayReuse: false, maxAgeMs: Infinity }],
    ['max-age=soon, x-no-store', { mayStore: true, mayReuse: true, maxAgeMs: Infinity }],
  ])('reads %p', (given, expected) => {
    expect(directivesOf({ 'cache-control': given })).toEqual(expected);
  });
});
