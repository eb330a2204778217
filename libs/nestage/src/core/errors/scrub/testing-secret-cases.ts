// Values that look live are put together from parts, so that no scanner of repositories takes them for live ones.
const filler = (chars: number): string => 'x1Y2z3'.repeat(Math.ceil(chars / 6)).slice(0, chars);
const hex = (chars: number): string => '0a9f'.repeat(Math.ceil(chars / 4)).slice(0, chars);
const pem = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
const jwt = ['ey' + 'JhbGciOiJub25l', 'ey' + 'JzdWIiOiIx', 'c2ln'].join('.');
/** The password of the cases. */
export const word = 'hun' + 'ter2';
const slackHook = ['https://hooks', 'slack', 'com/services/T0/B0/x1'].join('.');

/** Texts by the name of the rule that each is for, and what is left of them. */
export type RuleCases = Readonly<Record<string, readonly (readonly [text: string, left: string])[]>>;

/** For the rules up to the keys: lines, stacks, URLs, secrets. */
export const SECRET_CASES: RuleCases = {
  'line ends written as \\n within a stack': [
    ['{"detail":"boom\\n    at f (/app/x.js:1:2)\\n    at g (/app/y.js:3:4)"}', '{"detail":"boom [stack]"}'],
    ['Traceback (most recent call last):\\n  File "/app/x.py", line 3, in f\\n    f()\\nValueError: bad', '[stack] ValueError: bad'],
  ],
  'terminal colours': [['\u001b[31mNot found\u001b[0m', 'Not found']],
  'PEM blocks': [
    [`key ${pem('RSA PRIVATE KEY', 'MIIB')} refused`, 'key [secret] refused'],
    ['key -----BEGIN PRIVATE KEY-----\nMIIB', 'key [secret]'],
  ],
  'multi-line stacks': [
    ['Error: boom\n    at f (/app/x.js:1:2)\n    at async Promise.all (index 0)\n    at node:internal/x:1:2', 'Error: boom [stack]'],
    [
      'Traceback (most recent call last):\n  File "/app/x.py", line 3, in <module>\n    f()\n    ~^^\nValueError: bad',
      '[stack] ValueError: bad',
    ],
    [
      'java.lang.X: bad\n\tat com.foo.Bar.baz(Bar.java:12)\n\t... 12 more\nCaused by: java.io.Y: no\n\tat a.b.C(Unknown Source)',
      'java.lang.X: bad [stack]',
    ],
    [
      'panic: boom\n\ngoroutine 1 [running]:\nmain.f(0xc000, 0x1)\n\t/x/main.go:12 +0x1d\nmain.main()\n\t/x/main.go:5 +0x20',
      'panic: boom [stack]',
    ],
    ['crash\n#0  0x00007f8a in f () from /lib/x.so\n#1  main () at a.c:3\n./app(_ZN1a+0x1d) [0x7f8a1c2d3e4f]', 'crash [stack]'],
    ['first line\nat position 5 (line 2)', 'first line at position 5 (line 2)'],
  ],
  'control characters': [['a\r\nb\u0000c\u2028d', 'a b c d']],
  'Python tracebacks': [
    ['Traceback (most recent call last): File "/app/x.py", line 3, in f f() ValueError: bad', '[stack] ValueError: bad'],
  ],
  'Python frames': [['bad in File "/app/x.py", line 3, in f', 'bad in [stack]']],
  'Node frames of eval': [['boom at eval (eval at <anonymous> (/a.js:1:1), <anonymous>:1:1)', 'boom [stack]']],
  'Node frames': [['boom at f (/app/x.js:1:2) at new Foo (/app/y.js:1:2)', 'boom [stack]']],
  'Node frames without a function': [['boom at /app/x.js:1:2', 'boom [stack]']],
  'Java and .NET frames': [
    ['bad at com.foo.Bar.baz(Bar.java:12)', 'bad [stack]'],
    ['bad at Foo.Bar(String name) in C:\\x\\y.cs:line 12', 'bad [stack]'],
  ],
  'Java frame counts': [['bad ... 12 more', 'bad [stack]']],
  'Go frames': [['panic: boom goroutine 1 [running]: main.f(0xc000, 0x1) /x/main.go:12 +0x1d', 'panic: boom [stack]']],
  'native frames': [['crash in libx(_ZN1a3fooEv+0x1d)', 'crash in libx[stack]']],
  'source lines': [
    ['failed in server.py:123', 'failed in [stack]'],
    ['failed in src/app/main.ts:12:5', 'failed in [stack]'],
  ],
  'URLs that say something internal': [
    [`GET https://bob:${word}@example.com/x failed`, 'GET [url] failed'],
    ['see https://example.com/x?page=1&access_token=abc', 'see [url]'],
    ['see http://10.0.0.7/x and http://api/y', 'see [url] and [url]'],
    ['see https://example.com:8443/x', 'see [url]'],
    [`mongodb+srv://bob:${word}@c.example.net/x`, '[url]'],
    ['redis://cache:6379/0, s3://bucket/key', '[url] [url]'],
    ['file:///etc/passwd', '[path]'],
  ],
  'percent-encoded URLs': [
    ['back to https%3A%2F%2F10.9.8.7%3A8080%2Fx?', 'back to [url]'],
    ['?next=http%3A%2F%2Fintra%2Fhome&page=2', '?next=[url]&page=2'],
    ['?next=https%3A%2F%2Fwww.example.com%2Fhome', '?next=https%3A%2F%2Fwww.example.com%2Fhome'],
  ],
  'JDBC strings': [['jdbc:oracle:thin:@db:1521/x is down', '[url] is down']],
  'connection strings': [[`Server=db;Database=x;User Id=sa;Password=${word} 2;`, '[secret]']],
  'credential headers': [
    ['Authorization: Bearer abcdef', 'Authorization: [secret]'],
    ['Cookie: a=b; sid=c; x=y', 'Cookie: [secret]'],
    ['{"authorization":"Bearer abc","x-api-key":"def"}', '{"authorization":"[secret]","x-api-key":"[secret]"}'],
    ['Authorization: Digest username="a", realm="b"', 'Authorization: [secret]'],
  ],
  'bearer and basic values': [
    ['got Bearer abc123def', 'got Bearer [secret]'],
    ['got Basic dXNlcjpwYXNz', 'got Basic [secret]'],
  ],
  'arguments of a login command': [
    [`{ name: 'auth', args: [ 'app', '${word}' ] }`, "{ name: 'auth', args: [secret] }"],
    [`{"name":"HELLO","args":["3","AUTH","app","${word}"],"x":1}`, '{"name":"HELLO","args":[secret],"x":1}'],
    [`{ args: [ 'SET', 'requirepass', '${word}' ], name: 'config' }`, "{ args: [secret], name: 'config' }"],
    ["{ name: 'get', args: [ 'cart' ] }", "{ name: 'get', args: [ 'cart' ] }"],
  ],
  'quoted words after a login command': [
    [`"AUTH" "app" "${word}"`, '"AUTH" [secret]'],
    [`["HELLO",3,"AUTH","app","${word}"]`, '["HELLO" [secret]]'],
    [`"auth" "${word}"`, '"auth" [secret]'],
    ["expected one of 'auth', 'cart'", "expected one of 'auth', 'cart'"],
  ],
  'arguments of an unknown command': [
    [`unknown command 'AUTHX', with args beginning with: 'app' '${word}' `, "unknown command 'AUTHX', with args beginning with: [secret]"],
  ],
  'answers to a mail server': [
    ['sent AUTH PLAIN AGpvZQBodW50ZXIy', 'sent AUTH PLAIN [secret]'],
    ['sent AUTHENTICATE XOAUTH2 dXNlcj1qb2U=', 'sent AUTHENTICATE XOAUTH2 [secret]'],
    ['250-AUTH PLAIN LOGIN XOAUTH2 CRAM-MD5', '250-AUTH PLAIN LOGIN XOAUTH2 CRAM-MD5'],
  ],
  'bare words after a login command': [
    [`sent HELLO 3 AUTH app ${word}`, 'sent HELLO 3 AUTH [secret]'],
    [`CONFIG SET requirepass ${word}`, 'CONFIG SET requirepass [secret]'],
    [`PASS ${word}`, 'PASS [secret]'],
    ['AUTH requires TLS12-OR-LATER, PASS 12 of 12', 'AUTH requires TLS12-OR-LATER, PASS 12 of 12'],
  ],
  'secrets by name': [
    [`password=${word}`, 'password=[secret]'],
    ['"api_key": "abc def"', '"api_key": "[secret]"'],
    [`{\\"password\\":\\"${word}\\",\\"a\\":1}`, '{\\"password\\":\\"[secret]\\",\\"a\\":1}'],
    [`{"password":"a\\"${word}","a":1}`, '{"password":"[secret]","a":1}'],
    [`DB_PASSWORD=${word}`, 'DB_PASSWORD=[secret]'],
    [`(password: ${word})`, '(password: [secret])'],
    [`密码：${word}`, '密码：[secret]'],
  ],
  'secrets in tags': [[`<db:password>${word}</db:password>`, '<db:password>[secret]</db:password>']],
  'secrets as command arguments': [
    ['ran with --api-key abc', 'ran with --api-key [secret]'],
    [`ran curl -u bob:${word}`, 'ran curl -u [secret]'],
  ],
  'secrets in pairs of name and value': [[`{"name":"password","value":"${word}"}`, '{"name":"password","value":"[secret]"}']],
  'secrets in sentences': [
    [`the password '${word}' is wrong, so is api key a1b2c3d4`, "the password '[secret]' is wrong, so is api key [secret]"],
  ],
  'environment dumps': [['NODE_ENV=production LANG=C TERM=xterm', '[secret]']],
  'environment variables of the process': [["env: { HOME: '/root', DB_HOST: 'db' }", "env: { HOME: '[secret]', DB_HOST: '[secret]' }"]],
  'vendor keys': [
    ['Incorrect API key: ' + 'sk-' + 'x'.repeat(30), 'Incorrect API key: [secret]'],
    ['key ' + 'AKIA' + 'A1'.repeat(8), 'key [secret]'],
    ['key ' + 'ghp_' + filler(36), 'key [secret]'],
    ['key ' + 'hf_' + filler(34), 'key [secret]'],
    ['key ' + 'xoxb-' + '1'.repeat(12), 'key [secret]'],
    ['key ' + 'AIza' + filler(35), 'key [secret]'],
  ],
  'keys shown in part': [['Incorrect key provided by you, sk-ab***yz.', 'Incorrect key provided by you, [secret].']],
  'Slack and Discord hooks': [
    [slackHook, '[url]'],
    [slackHook.slice(8), '[url]'],
  ],
  JWTs: [[`got ${jwt}.`, 'got [secret]']],
  'long hexadecimal strings': [[`digest ${hex(40)}`, 'digest [secret]']],
  'long random strings': [
    [`blob ${filler(44)}=`, 'blob [secret]'],
    ['blob ThisIsTheNameOfSomeVeryLongInterfaceThatSomebodyWrote', 'blob ThisIsTheNameOfSomeVeryLongInterfaceThatSomebodyWrote'],
  ],
};
