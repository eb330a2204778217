import fc from 'fast-check';
import { compilePathPattern, isPathPattern } from './path-pattern.js';

describe('a path pattern', () => {
  it.each([
    ['/**', '/', true],
    ['/**', '/v1/chat/completions', true],
    ['/v1/**', '/v1', true],
    ['/v1/**', '/v1/chat/completions', true],
    ['/v1/**', '/v10/chat', false],
    ['/v1/**', '/V1/chat', false],
    ['/v1/*', '/v1/chat', true],
    ['/v1/*', '/v1/chat/completions', false],
    ['/v1/*', '/v1', false],
    ['/v1/chat*', '/v1/chat', true],
    ['/v1/chat*', '/v1/chat-fast', true],
    ['/v1/chat*', '/v1/chat/x', false],
    ['/*/end', '/a/end', true],
    ['/**/end', '/end', true],
    ['/**/end', '/a/b/end', true],
    ['/**/end', '/a/b/end/c', false],
    ['/a/**/b/**/c', '/a/x/b/b/y/c', true],
    ['/a/**/b/**/c', '/a/x/c', false],
    ['/v1/models/:id', '/v1/models/:id', true],
    ['/v1/models/:id', '/v1/models/a', false],
    ['/v1/chat', '/v1/chat/', false],
    ['/v1/chat', 'v1/chat', false],
  ])('%s says of %s: %s', (pattern, path, covers) => {
    expect(compilePathPattern(pattern)(path)).toBe(covers);
  });

  it.each(['v1/**', '', '/a*b*c', '/v1**', '/**x', 5, undefined, null])('is not %p', (pattern) => {
    expect(isPathPattern(pattern)).toBe(false);
  });

  /** The rule in its plainest form: no state, every way is tried. */
  function covers(pattern: readonly string[], path: readonly string[]): boolean {
    if (pattern.length === 0) return path.length === 0;
    const [first, ...rest] = pattern;
    if (first === '**') return path.some((_, index) => covers(rest, path.slice(index))) || covers(rest, []);
    if (path.length === 0) return false;
    const fits = new RegExp(`^${first.replace('*', '[^/]*')}$`).test(path[0]);
    return fits && covers(rest, path.slice(1));
  }

  it('covers what the plainest model covers', () => {
    const segment = fc.constantFrom('a', 'b', 'ab', 'aba', '');
    const part = fc.oneof(segment, fc.constantFrom('*', 'a*', '*b', 'a*a', '**', '**'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.array(segment, { minLength: 1, maxLength: 7 }), (pattern, path) => {
        expect(compilePathPattern(`/${pattern.join('/')}`)(`/${path.join('/')}`)).toBe(covers(pattern, path));
      }),
      { numRuns: 5000 },
    );
  });

  it('takes no longer for patterns that are meant to hurt', () => {
    const matches = compilePathPattern('/**/a/**/a/**/a/**/a/**/a/**/b');
    const path = '/a'.repeat(5000);
    const begin = performance.now();
    expect(matches(path)).toBe(false);
    expect(performance.now() - begin).toBeLessThan(30_000);
  });
});
