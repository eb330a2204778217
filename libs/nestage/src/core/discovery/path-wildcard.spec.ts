import { hasBadWildcard, wildcardOf } from './path-wildcard.js';

describe(wildcardOf.name, () => {
  it.each([
    ['/files/*path', 'path', false],
    ['/:owner/*rest_1', 'rest_1', false],
    ['/files/:id', undefined, false],
    ['/files', undefined, false],
    ['/files/*', undefined, false],
    ['/files/*path/raw', undefined, true],
    ['/files/{*path}', undefined, true],
    ['/a/*b/*c', 'c', true],
    ['/files/pre*path', undefined, true],
    ['/files/*1', undefined, true],
  ])('of %s is %s', (path, name, isBad) => {
    expect([wildcardOf(path), hasBadWildcard(path)]).toEqual([name, isBad]);
  });
});
