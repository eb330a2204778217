import { type OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Headers that responses have unless they are given their own, with the lines of a head that say so. @internal */
export class DefaultHeaders {
  readonly names: readonly string[];
  readonly lines: string;

  /** @param byName in lower case */
  constructor(private readonly byName: ReadonlyMap<string, string>) {
    this.names = [...byName.keys()];
    this.lines = [...byName].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }

  get(name: string): string | undefined {
    return this.byName.get(name.toLowerCase());
  }

  without(name: string): DefaultHeaders {
    if (this.get(name) === undefined) return this;
    return new DefaultHeaders(new Map([...this.byName].filter(([each]) => each !== name.toLowerCase())));
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this.byName);
  }
}

const NONE = new DefaultHeaders(new Map());

/** How Node makes the head of a message, which its types don't know. */
type HeadMaking = ServerResponse & { _storeHeader: (firstLine: string, headers: unknown) => void };

const node = ServerResponse.prototype as HeadMaking;
const MAKES_HEADS_SO = typeof (node as Partial<HeadMaking>)._storeHeader === 'function';

/** Those that have not been removed. */
const DEFAULTS = Symbol('nestage:default-headers');

type Defaulted = HeadMaking & { [DEFAULTS]: DefaultHeaders };

/** Those of them that nobody has set. */
function unsetOf(response: Defaulted): DefaultHeaders {
  let unset = response[DEFAULTS];
  for (const name of unset.names) if (node.hasHeader.call(response, name)) unset = unset.without(name);
  return unset;
}

function storeHeader(this: Defaulted, firstLine: string, headers: unknown): void {
  node._storeHeader.call(this, firstLine + unsetOf(this).lines, headers);
}

/**
 * Gives a response these headers. One of `defaultedResponse` gets them as lines that are written in front of its own; any other, or where Node makes
 * heads in another way than is known here, gets each of them set.
 * @internal
 */
export function giveDefaults(response: ServerResponse, defaults: DefaultHeaders): void {
  if (DEFAULTS in response && MAKES_HEADS_SO) (response as Defaulted)[DEFAULTS] = defaults;
  else for (const [name, value] of Object.entries(defaults.toObject())) response.setHeader(name, value);
}

/**
 * A class of responses, for one server. Node checks, keeps and joins each header of each response: those that are the same in all of them cost
 * a request 0.3 microseconds each that way, and nearly nothing as text that is there already. Whoever asks for these headers, sets others of
 * their names or removes them finds them as if they had been set.
 * @internal
 */
export function defaultedResponse(): typeof ServerResponse {
  const Base = ServerResponse as unknown as new (...given: ConstructorParameters<typeof ServerResponse>) => HeadMaking;

  class DefaultedResponse extends Base {
    [DEFAULTS] = NONE;
    /** Its own, so that it stays when another Express app gives the response its prototype. */
    override _storeHeader = storeHeader;

    override getHeader(name: string): ReturnType<ServerResponse['getHeader']> {
      return super.getHeader(name) ?? this[DEFAULTS].get(name);
    }

    override hasHeader(name: string): boolean {
      return super.hasHeader(name) || this[DEFAULTS].get(name) !== undefined;
    }

    override getHeaders(): OutgoingHttpHeaders {
      return Object.assign(unsetOf(this).toObject(), super.getHeaders());
    }

    override getHeaderNames(): string[] {
      return [...unsetOf(this).names, ...super.getHeaderNames()];
    }

    override appendHeader(name: string, value: string | readonly string[]): this {
      const unset = unsetOf(this).get(name);
      if (unset !== undefined) this.setHeader(name, unset);
      return super.appendHeader(name, value);
    }

    override removeHeader(name: string): void {
      super.removeHeader(name);
      this[DEFAULTS] = this[DEFAULTS].without(name);
    }
  }

  // of responses that were made by another server, which Express gives the prototype of those of this one
  (DefaultedResponse.prototype as Defaulted)[DEFAULTS] = NONE;
  return DefaultedResponse as unknown as typeof ServerResponse;
}
