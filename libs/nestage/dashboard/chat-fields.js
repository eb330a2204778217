import { fieldOf } from './fields.js';
import { h, setText } from './dom.js';

/**
 * Words and a picture in place of the bare list of messages. The picture goes into the request as a data URL.
 *
 * @param {import('./playground.js').CatalogueRoute} route
 */
export function createChatFields({ schema, example }) {
  const given = /** @type {Record<string, any>} */ (example ?? {});
  const text = h('textarea', { id: 'chat-text', rows: '3', placeholder: 'What should the model do?' });
  const preview = h('img', { alt: 'The picture of the request', hidden: true });
  const name = h('span', { class: 'drop-name' }, 'Drop a picture here, or choose one');
  const input = h('input', { id: 'chat-image', type: 'file', accept: 'image/*', class: 'drop-input' });
  const clear = h('button', { type: 'button', class: 'small', hidden: true }, 'Remove picture');
  const drop = h('label', { class: 'drop', for: 'chat-image' }, preview, name, input);
  const stream = h('input', { type: 'checkbox', id: 'chat-stream', checked: true });
  const rest = Object.keys(schema.properties ?? {}).filter((field) => field !== 'messages' && field !== 'stream');
  const fields = new Map(rest.map((field) => [field, fieldOf(field, schema, { isRequired: false, start: given[field] })]));
  const element = h(
    'div',
    { class: 'fields' },
    h('div', { class: 'field' }, h('label', { for: 'chat-text' }, 'Message'), text),
    h('div', { class: 'field' }, h('span', { class: 'label' }, 'Picture'), drop, clear),
    h('p', { class: 'check-line' }, stream, h('label', { for: 'chat-stream' }, 'Stream the reply as it is made')),
    h(
      'details',
      { 'aria-label': 'More fields' },
      h('summary', {}, `${rest.length} more fields`),
      ...[...fields.values()].map((field) => field.element),
    ),
  );

  let picture = '';
  /** @param {string} url @param {string} label */
  const show = (url, label) => {
    picture = url;
    preview.hidden = clear.hidden = url === '';
    if (url) preview.src = url;
    else preview.removeAttribute('src');
    setText(name, label);
    element.dispatchEvent(new Event('input', { bubbles: true }));
  };
  /** @param {FileList | undefined | null} files */
  const take = async (files) => {
    const file = [...(files ?? [])].find(({ type }) => type.startsWith('image/'));
    if (file) show(await dataUrlOf(file), file.name);
    else if (files?.length) setText(name, 'That is no picture. Drop an image file here');
  };
  input.addEventListener('change', () => void take(input.files));
  clear.addEventListener('click', () => {
    input.value = '';
    show('', 'Drop a picture here, or choose one');
  });
  for (const type of ['dragover', 'dragleave', 'drop']) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.dataset.over = String(type === 'dragover');
      if (event instanceof DragEvent && type === 'drop') void take(event.dataTransfer?.files);
    });
  }
  const sample = pictureOf(given);
  if (sample) show(sample, 'The sample picture of the service');

  return {
    element,
    read: () => {
      const parts = [
        ...(text.value ? [{ type: 'text', text: text.value }] : []),
        ...(picture ? [{ type: 'image_url', image_url: { url: picture } }] : []),
      ];
      if (parts.length === 0) throw new Error('Write a message or add a picture');
      const content = picture ? parts : text.value;
      const others = [...fields].map(([field, { value }]) => [field, value()]).filter(([, value]) => value !== undefined);
      const json = { ...Object.fromEntries(others), messages: [{ role: 'user', content }], ...(stream.checked && { stream: true }) };
      return { parameters: {}, json };
    },
  };
}

/** The first picture in the messages of an example. @param {Record<string, any>} example @returns {string | undefined} */
function pictureOf({ messages = [] }) {
  const parts = messages.flatMap((/** @type {any} */ { content }) => (Array.isArray(content) ? content : []));
  const url = parts.find((/** @type {any} */ { type }) => type === 'image_url')?.image_url?.url;
  return typeof url === 'string' && url.startsWith('data:') ? url : undefined;
}

/** @param {File} file @returns {Promise<string>} */
function dataUrlOf(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(String(reader.result)));
    reader.addEventListener('error', () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}
