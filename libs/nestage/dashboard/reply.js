import { h, setText } from './dom.js';
import { bytes, duration } from './format.js';
import { readItems, textOf } from './stream-items.js';

/** @typedef {import('./playground.js').Call} Call */

/** What came back: the head, and the body in the form that suits it, a stream while it arrives. */
export function createReply() {
  const nothing = 'Nothing sent yet.';
  const invitation = () => h('p', { class: 'empty' }, 'Choose a handler, fill the form and send it.');
  const head = h('p', { class: 'reply-head', role: 'status', 'aria-label': 'State of the reply' }, nothing);
  const body = h('div', { class: 'reply-body' }, invitation());
  /** @param {string[]} facts */
  const tell = (...facts) => setText(head, facts.filter(Boolean).join(' · '));
  return {
    element: h('div', { class: 'card reply' }, head, body),
    /** Before the first call of another handler. */
    clear() {
      setText(head, nothing);
      body.replaceChildren(invitation());
    },
    /** @param {Call} call @param {{ key: string, signal: AbortSignal }} with_ */
    async receive(call, { key, signal }) {
      const startedAt = performance.now();
      const elapsed = () => duration(performance.now() - startedAt);
      let known = '';
      body.replaceChildren(h('p', { class: 'empty loading' }, 'Waiting for the reply'));
      tell('Sent');
      head.setAttribute('aria-busy', 'true'); // heard when all is there, not with each item
      try {
        const reply = await fetch(call.url, { method: call.method, headers: headersOf(call, key), body: bodyOf(call), signal });
        const logId = reply.headers.get('logid');
        known = `${reply.status}${logId ? ` · log id ${logId}` : ''}`;
        const size = await show(body, reply, (items) => tell(known, `${items} items`, elapsed()));
        tell(known, size, elapsed());
      } catch (error) {
        const text = signal.aborted ? 'Stopped' : `Failed: ${/** @type {Error} */ (error).message}`;
        tell(text, known, elapsed());
        if (!known)
          body.replaceChildren(
            h('p', { class: 'empty' }, signal.aborted ? 'Stopped before any reply.' : 'No reply came. Is the service up?'),
          );
      } finally {
        head.removeAttribute('aria-busy');
      }
    },
  };
}

/** @param {Call} call @param {string} key @returns {Record<string, string>} */
function headersOf({ headers, body }, key) {
  return { ...headers, ...(body === 'json' && { 'content-type': 'application/json' }), ...(key && { authorization: `Bearer ${key}` }) };
}

/** @param {Call} call */
function bodyOf({ body, json, form = [] }) {
  if (body === 'none') return undefined;
  if (body === 'json') return JSON.stringify(json);
  const data = new FormData();
  for (const [name, value] of form) data.append(name, value);
  return data;
}

/** @param {HTMLElement} place @param {Response} reply @param {(items: number) => void} onItem @returns {Promise<string>} how much came */
async function show(place, reply, onItem) {
  const type = reply.headers.get('content-type') ?? '';
  if (/event-stream|ndjson/.test(type)) return showStream(place, { reply, type, onItem });
  const blob = await reply.blob();
  if (type.includes('json')) {
    const value = JSON.parse(await blob.text());
    const text = textOf(value);
    place.replaceChildren(...(text ? [h('div', { class: 'said' }, text)] : []), pre(JSON.stringify(value, undefined, 2)));
  } else if (type.startsWith('image/')) {
    place.replaceChildren(h('img', { alt: 'The picture of the reply', src: URL.createObjectURL(blob) }));
  } else if (type.startsWith('text/')) place.replaceChildren(pre(await blob.text()));
  else
    place.replaceChildren(h('a', { href: URL.createObjectURL(blob), download: 'reply' }, `Save ${bytes(blob.size)} of ${type || 'bytes'}`));
  return bytes(blob.size);
}

/** @param {HTMLElement} place @param {{ reply: Response, type: string, onItem: (items: number) => void }} of */
async function showStream(place, { reply, type, onItem }) {
  const said = h('div', { class: 'said', hidden: true });
  const raw = h('code');
  place.replaceChildren(said, h('pre', { tabindex: '0', 'aria-label': 'Items as they came' }, raw));
  let items = 0;
  for await (const item of readItems(/** @type {ReadableStream<Uint8Array>} */ (reply.body), type)) {
    items++;
    raw.append(`${item}\n`);
    const text = textOf(parsed(item));
    if (text) {
      said.hidden = false;
      said.append(text);
    }
    onItem(items);
  }
  return `${items} items`;
}

/** @param {string} item @returns {unknown} */
function parsed(item) {
  try {
    return JSON.parse(item);
  } catch {
    return undefined;
  }
}

/** @param {string} text */
const pre = (text) => h('pre', { tabindex: '0', 'aria-label': 'Body of the reply' }, h('code', {}, text));
