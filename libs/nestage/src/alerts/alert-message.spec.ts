import { maskSecrets } from '../logging/values/mask-secrets.js';
import { alertMessage } from './alert-message.js';

describe('alertMessage', () => {
  it.each<[string, unknown, string]>([
    ['an error', new TypeError('x is undefined'), 'TypeError: x is undefined'],
    ['a text', 'just a string', 'string: just a string'],
    ['null', null, 'null: null'],
    ['several lines', new Error('one\r\ntwo\u2028three\u0000four'), 'Error: one two three four'],
    ['secrets', new Error('password=hunter2hunter2 for sk-live-abcdefgh12345678'), 'Error: password=*** for ***'],
  ])('tells %s in one line', (_what, thrown, text) => {
    expect(alertMessage(thrown, maskSecrets)).toBe(text);
  });

  it('masks before it cuts, and splits no character', () => {
    const secret = `sk-live-${'a'.repeat(60)}`;
    expect(alertMessage(new Error(`${'x'.repeat(470)} ${secret}`), maskSecrets)).not.toContain('sk-live');
    const long = alertMessage(new Error('😀'.repeat(1000)), maskSecrets);
    expect(long.length).toBeLessThanOrEqual(501);
    expect(long).toMatch(/^Error: (😀)+…$/u);
  });
});
