import { isSameOrigin } from './same-origin.js';

it.each([
  ['a program', {}, true],
  ['the page itself', { 'sec-fetch-site': 'same-origin', origin: 'https://models.example:8000' }, true],
  ['the page behind a proxy that ends TLS, by an older browser', { origin: 'https://models.example:8000' }, true],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
  ['another site that claims the origin', { 'sec-fetch-site': 'cross-site', origin: 'https://models.example:8000' }, false],
  ['a sibling below the same domain', { 'sec-fetch-site': 'same-site' }, false],
  ['a link that was typed', { 'sec-fetch-site': 'none' }, false],
  ['another port', { origin: 'http://models.example:9000' }, false],
  ['a sandboxed frame', { origin: 'null' }, false],
])('a change asked for by %s', (_by, headers: Record<string, string>, expected) => {
  expect(isSameOrigin({ headers: { host: 'models.example:8000', ...headers } })).toBe(expected);
});
