import { RequestError, ValidationError } from '../errors/service-errors.js';

/**
 * How the bytes of a body become the value that is validated. A route takes the media types of its format and answers 415 to others.
 * @publicApi
 */
export interface BodyFormat {
  /** Name for the log and the API document. */
  readonly name: string;
  /** Media types without parameters, `*` for a part of one: `application/json`, `application/*+json`, `image/*`. */
  readonly mediaTypes: readonly string[];
  /**
   * @param bytes the whole body, decompressed, within the route's `maxBodyBytes`
   * @param contentType the header as sent
   * @throws WebServiceError of tier L1 for a body that can't be read
   */
  parse(bytes: Buffer, contentType: string): unknown;
}

/** JSON in UTF-8. A body that is not JSON is refused with the place where it stops being so, if the parser tells it, never with its text. @publicApi */
export const jsonBody: BodyFormat = {
  name: 'json',
  mediaTypes: ['application/json', 'application/*+json'],
  parse(bytes, contentType) {
    const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
    if (charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
      throw new RequestError(`The charset must be utf-8, got ${charset}`, { code: 'unsupported_encoding' });
    }
    const text = bytes.toString('utf8');
    try {
      // A reviver is slow, so it runs only for the rare text that may hold the key (also when its letters are escaped).
      const reviver = text.includes('__proto__') || text.includes('\\u00') ? dropPollution : undefined;
      return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text, reviver) as unknown;
    } catch (error) {
      throw new ValidationError(`The body is not valid JSON${whereOf(error)}`, { code: 'invalid_json', cause: error });
    }
  },
};

const BYTE_ORDER_MARK = 0xfeff;

/** `__proto__` as a key would become a prototype in whatever merges the body later. */
function dropPollution(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function whereOf(error: unknown): string {
  const position = /position (\d+)/.exec((error as Error).message)?.[1];
  return position === undefined ? '' : ` (at position ${position})`;
}
