import fc from 'fast-check';
import { isSecretKey, maskSecrets } from './mask-secrets.js';

describe(isSecretKey.name, () => {
  it.each([
    'authorization',
    'Proxy-Authorization',
    'API_KEY',
    'x-api-key',
    'apiKey',
    'openai_api_key',
    'password',
    'passwd',
    'db.password',
    'PWD',
    'token',
    'access_token',
    'refreshToken',
    'X-CSRF-Token',
    'secret',
    'client_secret',
    'cookie',
    'Set-Cookie',
    'private key',
    'privateKey',
    'aws_secret_access_key',
    'credentials',
    'auth',
    'jwt',
    'passphrase',
  ])('knows %s', (key) => expect(isSecretKey(key)).toBe(true));

  it.each([
    'max_tokens',
    'total_tokens',
    'tokens',
    'tokenizer',
    'token_count',
    'key',
    'keys',
    'keyword',
    'author',
    'message',
    'passenger',
    'bypass',
    'monkey',
    'pass_rate',
  ])('leaves %s alone', (key) => expect(isSecretKey(key)).toBe(false));
});

describe(maskSecrets.name, () => {
  const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

  it.each([
    ['Authorization: Bearer abc123def456', 'Authorization: Bearer ***'],
    ['{"authorization":"Bearer abc123def456","n":1}', '{"authorization":"Bearer ***","n":1}'],
    ['sent with bearer abcdef0123456789 as asked', 'sent with bearer *** as asked'],
    ['Basic dXNlcjpwYXNzd29yZDE=', 'Basic ***'],
    ['key sk-proj-0123456789abcdef was refused', 'key *** was refused'],
    ['sk_live_0123456789abcdef', '***'],
    ['ghp_0123456789abcdefghij0123', '***'],
    ['AKIAIOSFODNN7EXAMPLE', '***'],
    [`cookie is ${JWT}.`, 'cookie is ***.'],
    ['cookie: session=abc; theme=dark', 'cookie: ***'],
    ['redis://default:hunter2@redis:6379/0', 'redis://***@redis:6379/0'],
    ['password=hunter2&user=me', 'password=***&user=me'],
    ['{"password": "hunter2", "user": "me"}', '{"password": "***", "user": "me"}'],
    ['{\\"api_key\\":\\"hunter2\\"}', '{\\"api_key\\":\\"***\\"}'],
    ['GET /v1?access_token=abc123&page=2', 'GET /v1?access_token=***&page=2'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY----- done', '*** done'],
    ['-----BEGIN PRIVATE KEY-----\nMIIEow and no end', '***'],
  ])('masks %s', (text, masked) => expect(maskSecrets(text)).toBe(masked));

  it.each([
    'max_tokens: 256, total_tokens: 57',
    '{"max_tokens":256,"usage":{"prompt_tokens":12}}',
    'Basic authentication is not supported',
    'the bearer of this letter',
    'see https://example.com/docs?page=2',
    'mail to someone@example.com',
    'risk-averse task-oriented desk-bound',
    'Unexpected token } in JSON at position 4',
    'the secret of a good cookie is butter',
  ])('leaves %s as it is', (text) => expect(maskSecrets(text)).toBe(text));

  it('changes nothing that it has masked already', () => {
    const part = fc.constantFrom(
      'password',
      'token',
      '=',
      ': ',
      '"',
      'Bearer ',
      'Authorization',
      'cookie',
      'sk-',
      'abcdef123456',
      '***',
      ' ',
      '://',
      'a:b@',
      '{',
      '}',
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const once = maskSecrets(parts.join(''));
        expect(maskSecrets(once)).toBe(once);
      }),
    );
  });

  it('takes no longer on hostile texts than in proportion to their length', () => {
    for (const part of [
      'Bearer ',
      'password=',
      '-----BEGIN PRIVATE KEY-----',
      '://a',
      'cookie:',
      'a-token',
      'eyJaaaaaaaa.',
      'authorization: ',
    ]) {
      const startedAt = performance.now();
      maskSecrets(part.repeat(Math.ceil(200_000 / part.length)));
      expect(performance.now() - startedAt).toBeLessThan(20_000); // in proportion it takes some milliseconds, else minutes
    }
  });
});
