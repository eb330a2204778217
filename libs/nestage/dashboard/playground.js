import { h, setText } from './dom.js';
import { section } from './section.js';
import { createChatFields } from './chat-fields.js';
import { curlOf, typeScriptOf } from './code.js';
import { createFields } from './fields.js';
import { createReply } from './reply.js';

/**
 * @typedef {object} CatalogueRoute
 * @property {string} name
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} headers
 * @property {string} protocol
 * @property {'json' | 'form' | 'none'} body
 * @property {import('./schema.js').Schema} schema
 * @property {{ source: string, name: string }[]} parameters
 * @property {unknown} example
 *
 * @typedef {object} Call
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {'json' | 'form' | 'none'} body
 * @property {unknown} [json]
 * @property {[string, string | File][]} [form]
 * @property {boolean} isKeyed
 */

/**
 * Calls a handler as a client would, and shows how.
 *
 * @param {HTMLElement} root
 * @param {import('./main.js').Catalogue} catalogue
 */
export function createPlayground(root, catalogue) {
  if (catalogue.routes.length === 0) {
    root.replaceChildren(h('p', { class: 'empty' }, 'This service has no handlers yet.'));
    return;
  }
  const names = catalogue.routes.map((each, index) => h('option', { value: String(index) }, labelOf(each)));
  const select = h('select', { id: 'handler' }, ...names);
  const place = h('div', { class: 'form' });
  const key = h('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false' });
  const send = h('button', { type: 'submit', class: 'primary' }, 'Send');
  const stop = h('button', { type: 'button', hidden: true }, 'Stop');
  const problem = h('p', { class: 'problem', role: 'alert', 'aria-label': 'What is missing' });
  const form = h(
    'form',
    { class: 'card', 'aria-label': 'Request', novalidate: true },
    h('p', { class: 'field' }, h('label', { for: 'handler' }, 'Handler'), select),
    place,
    catalogue.isKeyed
      ? h('p', { class: 'field' }, h('label', { for: 'key' }, 'API key'), key, hint('Sent with the request, and kept nowhere.'))
      : null,
    catalogue.isApart
      ? h(
          'p',
          { class: 'note' },
          'This page stands on the listener for operators, which serves no handlers: take the code below to another place.',
        )
      : null,
    problem,
    h('p', { class: 'actions' }, send, stop),
  );
  send.disabled = catalogue.isApart;
  const reply = createReply();
  const codes = [createCode('curl', curlOf), createCode('TypeScript', typeScriptOf)];
  root.replaceChildren(
    h('div', { class: 'columns play' }, section('request', 'Request', form), section('reply', 'Reply', reply.element)),
    section('code', 'The same call', h('div', { class: 'codes' }, ...codes.map(({ element }) => element))),
  );

  let route = catalogue.routes[0];
  /** @type {{ element: HTMLElement, read: () => Pick<Call, 'json' | 'form'> & { parameters: Record<string, string> } }} */
  let fields;
  /** @type {AbortController | undefined} */
  let running;

  const choose = () => {
    route = catalogue.routes[Number(select.value)];
    fields = isChat(route) ? createChatFields(route) : createFields(route);
    place.replaceChildren(fields.element);
    if (!running) reply.clear(); // it was another handler's
    refresh();
  };
  /** @returns {Call} @throws {Error} for a form that makes no request yet */
  const read = () => {
    const { parameters, ...body } = fields.read();
    const { method, headers } = route;
    return { method, url: urlOf(route, parameters), headers, body: route.body, isKeyed: catalogue.isKeyed, ...body };
  };
  const refresh = () => {
    setText(problem, '');
    try {
      const call = read();
      for (const code of codes) code.show(call);
    } catch (error) {
      for (const code of codes) code.wait(/** @type {Error} */ (error).message);
    }
  };
  const run = async () => {
    if (running) return;
    let call;
    try {
      call = read();
    } catch (error) {
      setText(problem, /** @type {Error} */ (error).message);
      return;
    }
    running = new AbortController();
    send.disabled = true;
    stop.hidden = false;
    await reply.receive(call, { key: key.value, signal: running.signal });
    running = undefined;
    send.disabled = false;
    stop.hidden = true;
  };
  select.value = String(Math.max(0, catalogue.routes.findIndex(isChat)));
  select.addEventListener('change', choose);
  form.addEventListener('input', refresh);
  form.addEventListener('change', refresh);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
  stop.addEventListener('click', () => running?.abort());
  choose();
}

/** @param {CatalogueRoute} route */
const isChat = ({ protocol, schema }) => protocol === 'openai-chat' && schema.properties?.messages !== undefined;

/** A version that stands in a header tells routes of one path apart. @param {CatalogueRoute} route */
const labelOf = ({ method, path, name, headers }) =>
  [`${method} ${path}`, name, ...Object.entries(headers).map(([header, value]) => `${header}: ${value}`)].join(' · ');

/** @param {string} text */
export const hint = (text) => h('span', { class: 'hint' }, text);

/** @param {CatalogueRoute} route @param {Record<string, string>} parameters */
function urlOf({ path, parameters: known }, parameters) {
  const filled = path.replace(/[:*](\w+)/g, (_match, name) => encodeURIComponent(parameters[name] ?? '').replaceAll('%2F', '/'));
  const asked = known.filter(({ source, name }) => source === 'query' && parameters[name]).map(({ name }) => [name, parameters[name]]);
  const query = new URLSearchParams(asked);
  return location.origin + filled + (asked.length > 0 ? `?${query}` : '');
}

/** @param {string} title @param {(call: Call) => { full: string, shown: string }} write */
function createCode(title, write) {
  const shown = h('code');
  const word = h('span', {}, 'Copy');
  const copy = h('button', { type: 'button', class: 'small' }, word, h('span', { class: 'unseen' }, ` the ${title} code`));
  const said = h('p', { class: 'unseen', role: 'status', 'aria-label': `Copy of the ${title} code` });
  let full = '';
  copy.addEventListener('click', async () => {
    const isCopied = await navigator.clipboard.writeText(full).then(
      () => true,
      () => false, // not allowed, or not there without TLS
    );
    setText(word, isCopied ? 'Copied' : 'Can’t copy');
    setText(said, `${word.textContent} the ${title} code`);
    setTimeout(() => {
      setText(word, 'Copy');
      setText(said, '');
    }, 1500);
  });
  const pre = h('pre', { tabindex: '0', 'aria-label': `${title} code` }, shown);
  return {
    element: h('div', { class: 'card code' }, h('header', { class: 'code-head' }, h('h3', {}, title), copy), said, pre),
    /** @param {Call} call */
    show(call) {
      const code = write(call);
      full = code.full;
      copy.disabled = false;
      setText(shown, code.shown);
    },
    /** @param {string} reason */
    wait(reason) {
      copy.disabled = true;
      setText(shown, `${reason} to see the code.`);
    },
  };
}
