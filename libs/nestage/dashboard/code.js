/** @typedef {import('./playground.js').Call} Call */

/** Text of this length and more, such as a picture, is shortened where it is shown; what is copied is whole. */
const LONG = 160;

/** @param {(json: string) => string} write @param {Call} call */
function bothOf(write, { json }) {
  const full = JSON.stringify(json, undefined, 2) ?? '';
  const shown =
    JSON.stringify(
      json,
      (_key, value) => (typeof value === 'string' && value.length > LONG ? `${value.slice(0, 60)}… (${value.length} characters)` : value),
      2,
    ) ?? '';
  return { full: write(full), shown: write(shown) };
}

/** One word of a shell. @param {string} text */
const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** The call as a command line. @param {Call} call */
export function curlOf(call) {
  const { method, url, headers, body, form = [], isKeyed } = call;
  const start = ['curl -sN', ...(method === 'POST' || method === 'GET' ? [] : [`-X ${method}`]), quoted(url)].join(' ');
  const key = isKeyed ? [`-H "authorization: Bearer $API_KEY"`] : [];
  const others = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const join = (/** @type {string[]} */ words) => [start, ...key, ...others, ...words].join(' \\\n  ');
  if (body === 'none') return bothOf(() => join([]), call);
  if (body === 'form') {
    const parts = form.map(([name, value]) => `-F ${quoted(value instanceof File ? `${name}=@${value.name}` : `${name}=${value}`)}`);
    return bothOf(() => join(parts.length > 0 ? parts : [`-X ${method}`]), call);
  }
  return bothOf((json) => `${join([`-H 'content-type: application/json'`, `-d @- <<'JSON'`])}\n${json}\nJSON`, call);
}

/** The call as a program for Node.js. @param {Call} call */
export function typeScriptOf(call) {
  const { method, url, body, form = [], isKeyed } = call;
  const key = isKeyed ? ['authorization: `Bearer ${process.env.API_KEY}`'] : [];
  const others = { ...call.headers, ...(body === 'json' && { 'content-type': 'application/json' }) };
  const headers = [...key, ...Object.entries(others).map(([name, value]) => `'${name}': '${value.replace(/['\\]/g, '\\$&')}'`)];
  const lines = (/** @type {string} */ json) => [
    ...(body === 'form' ? formLines(form) : []),
    `const reply = await fetch(${JSON.stringify(url)}, {`,
    `  method: '${method}',`,
    ...(headers.length > 0 ? [`  headers: { ${headers.join(', ')} },`] : []),
    ...(body === 'json' ? [`  body: JSON.stringify(${json.replaceAll('\n', '\n  ')}),`] : []),
    ...(body === 'form' ? ['  body: form,'] : []),
    '});',
    'if (!reply.ok) throw new Error(await reply.text());',
    'const decoder = new TextDecoder();',
    'for await (const chunk of reply.body!) process.stdout.write(decoder.decode(chunk, { stream: true }));',
  ];
  return bothOf((json) => lines(json).join('\n'), call);
}

/** @param {NonNullable<Call['form']>} form */
function formLines(form) {
  const hasFile = form.some(([, value]) => value instanceof File);
  return [
    ...(hasFile ? [`import { openAsBlob } from 'node:fs';`, ''] : []),
    'const form = new FormData();',
    ...form.map(([name, value]) =>
      value instanceof File
        ? `form.append(${JSON.stringify(name)}, await openAsBlob(${JSON.stringify(value.name)}, { type: ${JSON.stringify(value.type)} }), ${JSON.stringify(value.name)});`
        : `form.append(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
    ),
  ];
}
