import { type ErrorCode, megabytes, ValidationError } from 'nestage';
import type { ChatMessage, ContentPart } from 'nestage/openai';
import type { RemoteImages } from '../chat/remote-images.js';

/** Kinds of parts that are handed on, each with what is handed on of the object of its name; `undefined` where that is a text. */
const PARTS = new Map<string, readonly string[] | undefined>([
  ['text', undefined],
  ['refusal', undefined],
  ['image_url', ['url', 'detail']],
  ['input_audio', ['data', 'format']],
  ['file', ['file_data', 'file_id', 'filename']],
]);

/** Most bytes of all pictures that are fetched for one request: as much as a body may bring along. */
const MAX_FETCHED_BYTES = megabytes(20);

/** What a server might fetch, from within its own network. */
const ADDRESS = /^\s*(?:(?!data:)[a-z][a-z0-9+.-]+:|\/\/)/i;

/**
 * Refuses what the upstream server must not be told, before anything is fetched.
 * @throws ValidationError naming the field
 */
export function assertMessages(messages: readonly ChatMessage[], images: RemoteImages): void {
  for (const { part, field } of partsOf(messages)) {
    if (!PARTS.has(part.type)) throw refused(`${field}.type`, `must be one of ${[...PARTS.keys()].join(', ')}`);
    if (part.type === 'image_url' && part.image_url) images.assertReadable(part.image_url.url, `${field}.image_url.url`);
    else if (Object.values(dataOf(part)).some((value) => ADDRESS.test(value)))
      throw refused(`${field}.${part.type}`, 'must hold the data itself: remote addresses are not fetched');
  }
}

/**
 * The pictures that stand there by their address, as data URLs: the upstream server is given no address to fetch from.
 * @throws ValidationError when one can't be fetched, or all together are too large
 */
export async function fetchImages(
  messages: readonly ChatMessage[],
  images: RemoteImages,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const fetched = new Map<string, string>();
  let bytes = 0;
  for (const { part, field } of partsOf(messages)) {
    const { url } = part.image_url ?? {};
    if (part.type !== 'image_url' || url === undefined || !images.takes(url) || fetched.has(url)) continue;
    const picture = await images.toDataUrl(url, `${field}.image_url.url`, signal);
    bytes += picture.length * (3 / 4);
    if (bytes > MAX_FETCHED_BYTES) throw refused(`${field}.image_url.url`, 'is too large, with the pictures before it', 'file_too_large');
    fetched.set(url, picture);
  }
  return fetched;
}

/** A message as it is sent. A text alone goes as a string, which every server takes; null and what is not known is left out. */
export function toMessage({ content, ...rest }: ChatMessage, fetched: ReadonlyMap<string, string>): object {
  const isText = content.length === 1 && content[0].type === 'text';
  const said = content.length === 0 ? null : isText ? content[0].text : content.map((part) => toPart(part, fetched));
  return { ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)), content: said };
}

function toPart(part: ContentPart, fetched: ReadonlyMap<string, string>): object {
  const { type } = part;
  if (type === 'text' || type === 'refusal') return { type, [type]: part[type] };
  const data = dataOf(part);
  return { type, [type]: data['url'] === undefined ? data : { ...data, url: fetched.get(data['url']) ?? data['url'] } };
}

/** What is handed on of a part that is no text. */
function dataOf(part: ContentPart): Readonly<Record<string, string>> {
  const given = (part as unknown as Readonly<Record<string, unknown>>)[part.type];
  const entries = (PARTS.get(part.type) ?? []).map((key) => [key, (given as Readonly<Record<string, unknown>> | null | undefined)?.[key]]);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')) as Record<string, string>;
}

function* partsOf(messages: readonly ChatMessage[]): Generator<{ readonly part: ContentPart; readonly field: string }> {
  for (const [index, { content }] of messages.entries())
    for (const [position, part] of content.entries()) yield { part, field: `messages[${index}].content[${position}]` };
}

function refused(field: string, what: string, code: ErrorCode = 'invalid_request'): ValidationError {
  return new ValidationError(`${field} ${what}`, { code, fields: [{ field, messages: [what] }] });
}
