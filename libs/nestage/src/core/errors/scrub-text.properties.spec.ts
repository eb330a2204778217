import fc from 'fast-check';
import { scrubText } from './scrub-text.js';

const pem = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
const alphanumeric = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'];
const chars = (alphabet: readonly string[], minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const name = chars([...'abcdefghijklmnopqrstuvwxyz'], 3, 9);
const random = (minLength: number, maxLength = minLength): fc.Arbitrary<string> => chars(alphanumeric, minLength, maxLength);
/** Not a word that begins a sentence: a value without a digit after `password: ` may be one. */
const password = random(8, 20).map((text) => `Z9${text}`);
const port = fc.integer({ min: 1024, max: 65_535 });
const ipV4 = fc.ipV4().filter((ip) => ip.includes('.'));
const fileName = fc.tuple(name, fc.constantFrom('py', 'so', 'bin', 'json', 'safetensors')).map(([stem, kind]) => `${stem}.${kind}`);

/** A text with something planted in it, and the part of it that must be gone. */
interface Planted {
  readonly text: string;
  readonly gone: string;
}
const whole = (text: string): Planted => ({ text, gone: text });

const KINDS: Readonly<Record<string, fc.Arbitrary<Planted>>> = {
  'unix paths': fc
    .tuple(fc.constantFrom('home', 'var', 'opt', 'usr', 'root', 'tmp', 'srv', 'data', 'app', 'mnt'), name, fileName)
    .map((parts) => whole(`/${parts.join('/')}`)),
  'paths with an extension': fc.tuple(name, name, fileName).map(([root, folder, file]) => whole(`/x${root}/${folder}/${file}`)),
  'home paths': fc.tuple(name, fileName).map((parts) => whole(`~/${parts.join('/')}`)),
  'Windows paths': fc.tuple(fc.constantFrom('C', 'D'), name, fileName).map(([drive, ...parts]) => whole(`${drive}:\\${parts.join('\\')}`)),
  'UNC paths': fc.tuple(name, name, fileName).map((parts) => whole(`\\\\${parts.join('\\')}`)),
  'file URLs': fc.tuple(name, fileName).map((parts) => whole(`file:///${parts.join('/')}`)),
  'host and port': fc.tuple(name, port).map(([host, number]) => whole(`${host}-0:${number}`)),
  'IPv4 addresses': ipV4.map(whole),
  'IPv4 addresses with a port': fc.tuple(ipV4, port).map((parts) => whole(parts.join(':'))),
  'IPv6 addresses': fc
    .ipV6()
    .filter((ip) => /\d/.test(ip) && ip !== '::')
    .map(whole),
  'inner hosts': fc.tuple(name, fc.constantFrom('internal', 'local', 'svc.cluster.local', 'corp')).map((parts) => whole(parts.join('.'))),
  'process ids': fc
    .tuple(fc.constantFrom('pid=', 'PID ', 'pid: ', 'process ', 'thread id '), fc.integer({ min: 1000, max: 99_999 }))
    .map(([label, id]) => ({ text: `${label}${id}`, gone: String(id) })),
  'passwords by name': fc
    .tuple(
      fc.constantFrom(
        'password=',
        'password: ',
        '"password":"',
        'DB_PASSWORD=',
        'api_key=',
        "'api_key': '",
        'clientSecret: ',
        'auth_token=',
      ),
      password,
    )
    .map(([label, value]) => ({ text: `${label}${value}${/["']$/.exec(label)?.[0] ?? ''}`, gone: value })),
  'connection strings': fc
    .tuple(fc.constantFrom('postgres', 'mysql', 'redis', 'amqp', 'mongodb+srv', 'https'), name, password, name)
    .map(([scheme, user, value, host]) => ({ text: `${scheme}://${user}:${value}@${host}.example.com/x`, gone: value })),
  'query parameters': fc
    .tuple(fc.constantFrom('token', 'api_key', 'X-Amz-Signature', 'sig', 'access_token'), password)
    .map(([key, value]) => ({ text: `https://files.example.com/x?a=1&${key}=${value}`, gone: value })),
  headers: fc
    .tuple(
      fc.constantFrom('Authorization: Bearer ', 'Authorization: ', 'Cookie: sid=', 'X-Api-Key: ', 'Proxy-Authorization: Basic '),
      password,
    )
    .map(([label, value]) => ({ text: `${label}${value}`, gone: value })),
  'vendor keys': fc
    .tuple(
      fc.constantFrom('sk-', 'sk-proj-', 'sk-ant-', 'ghp_', 'glpat-', 'hf_', 'xoxb-', 'AKIA', 'npm_', 'gsk_'),
      chars([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'], 36),
    )
    .map((parts) => whole(parts.join(''))),
  JWTs: fc
    .tuple(random(20, 60), random(20, 60), random(20, 60))
    .map(([head, body, sign]) => whole(`${'ey' + 'J'}${head}.ey${'J'}${body}.${sign}`)),
  'PEM blocks': random(64, 128).map((body) => ({ text: pem('EC PRIVATE KEY', body), gone: body })),
  'hexadecimal strings': chars([...'0123456789abcdef'], 32, 128).map(whole),
  // Long enough that chance never brings the changes between kinds of characters, 62 % on average, below the rule's 30 %.
  'random strings': random(64, 128).map(whole),
  'memory addresses': chars([...'0123456789abcdef'], 10).map((digits) => whole(`0x7f${digits}`)),
  'inner users': fc.tuple(name, name).map(([user, host]) => whole(`${user}@${host}-1`)),
  'Node frames': fc
    .tuple(name, fileName, port)
    .map(([call, file, line]) => ({ text: `x\n    at ${call} (/app/${file}:${line}:1)\ny`, gone: file })),
  'Python frames': fc.tuple(name, fileName).map(([call, file]) => ({
    text: `Traceback (most recent call last):\n  File "/app/${file}", line 3, in ${call}\n    ${call}Z9()\nValueError`,
    gone: `${call}Z9`,
  })),
};

const WORDS = `the order has been found but its customer could not pay in time please try again later with another amount of money field
text value too long list image page model answer question city train river 订单 不存在 请 稍后 再试 金额 文件`.split(/\s+/);
const TOKENS = [
  '12:30:45',
  '2024-01-01',
  '16:9',
  '1.2.3',
  '/v1/chat/completions',
  'image/png',
  'and/or',
  'messages[0].role',
  'invoice.pdf',
  'user@example.com',
  '$12.50',
  '42',
];
const sentence = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...WORDS) }, { weight: 1, arbitrary: fc.constantFrom(...TOKENS) }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((words) => words.join(' '));
const surroundings = fc.tuple(
  sentence,
  fc.constantFrom([' ', ' '], [' (', ') '], [' "', '" '], [": '", "', "], [' <', '> '], ['\n', '\n'], [' ', '. '], ['：', '，']),
  sentence,
);

describe('scrubText, whatever the text', () => {
  it.each(Object.entries(KINDS))('lets no planted %s through', (_kind, planted) => {
    fc.assert(
      fc.property(surroundings, planted, ([before, [open, close], after], { text, gone }) => {
        expect(scrubText(`${before}${open}${text}${close}${after}`)).not.toContain(gone);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves sentences of harmless words as they are', () => {
    fc.assert(
      fc.property(sentence, (text) => expect(scrubText(text)).toBe(text)),
      { numRuns: 500 },
    );
  });
});
