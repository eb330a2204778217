import { type OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Headers that responses have unless they are given their own, with the lines of a head that say so. @internal */
export class DefaultHeaders {
  readonly names: readonly string[];
  /** All of them. */
  readonly lines: string;
  private readonly values: ReadonlyMap<string, string>;

  /** @param headers by name, in lower case */
  constructor(headers: Readonly<Record<string, string>>) {
    this.values = new Map(Object.entries(headers));
    this.names = Object.keys(headers);
    this.lines = this.linesOf(this.names);
  }

  get(name: string): string | undefined {
    return this.values.get(name.toLowerCase());
  }

  linesOf(names: readonly string[]): string {
    return names.map((name) => `${name}: ${this.get(name)}\r\n`).join('');
  }
}

/** How Node makes the head of a message, which its types don't know. */
type HeadMaking = ServerResponse & { _storeHeader(firstLine: string, headers: unknown): void };

const DEFAULTS = Symbol('nestage:default-headers');

type Defaulted = ServerResponse & { [DEFAULTS]: DefaultHeaders | undefined };

/**
 * Gives a response these headers. One of `defaultedResponse` gets them as lines that are written in front of its own; any other, or where Node makes
 * heads in another way than is known here, gets each of them set.
 * @internal
 */
export function giveDefaults(response: ServerResponse, defaults: DefaultHeaders): void {
  if (DEFAULTS in response && IS_KNOWN) (response as Defaulted)[DEFAULTS] = defaults;
  else for (const name of defaults.names) response.setHeader(name, defaults.get(name) ?? '');
}

const IS_KNOWN = typeof (ServerResponse.prototype as Partial<HeadMaking>)._storeHeader === 'function';

/**
 * A class of responses for a server of its own. Node checks, keeps and joins each header of each response: what is the same in all of them costs
 * a request 0.3 microseconds a header that way, and nearly nothing as text that is there already. Whoever asks for these headers, sets others of
 * their names or removes them finds them as if they had been set.
 * @internal
 */
export function defaultedResponse(): typeof ServerResponse {
  const Base = ServerResponse as unknown as new (...given: ConstructorParameters<typeof ServerResponse>) => HeadMaking;

  class DefaultedResponse extends Base {
    [DEFAULTS]: DefaultHeaders | undefined = undefined;
    private removed: readonly string[] | undefined = undefined;

    override _storeHeader(firstLine: string, headers: unknown): void {
      super._storeHeader(firstLine + this.defaultLines(), headers);
    }

    override getHeader(name: string): ReturnType<ServerResponse['getHeader']> {
      return super.getHeader(name) ?? this.default(name);
    }

    override hasHeader(name: string): boolean {
      return super.hasHeader(name) || this.default(name) !== undefined;
    }

    override getHeaders(): OutgoingHttpHeaders {
      const defaults = this.open().map((name) => [name, this.default(name)]);
      return Object.assign(Object.fromEntries(defaults) as OutgoingHttpHeaders, super.getHeaders());
    }

    override getHeaderNames(): string[] {
      return [...this.open(), ...super.getHeaderNames()];
    }

    override appendHeader(name: string, value: string | readonly string[]): this {
      const byDefault = super.hasHeader(name) ? undefined : this.default(name);
      if (byDefault !== undefined) this.setHeader(name, byDefault);
      return super.appendHeader(name, value);
    }

    override removeHeader(name: string): void {
      super.removeHeader(name);
      if (this[DEFAULTS]) this.removed = [...(this.removed ?? []), name.toLowerCase()];
    }

    private default(name: string): string | undefined {
      return this.removed?.includes(name.toLowerCase()) ? undefined : this[DEFAULTS]?.get(name);
    }

    /** Names of the defaults that nobody has set or removed. */
    private open(): readonly string[] {
      const names = this[DEFAULTS]?.names ?? [];
      return names.filter((name) => !super.hasHeader(name) && this.default(name) !== undefined);
    }

    private defaultLines(): string {
      const defaults = this[DEFAULTS];
      if (!defaults) return '';
      for (const name of defaults.names) if (this.removed || super.hasHeader(name)) return defaults.linesOf(this.open());
      return defaults.lines;
    }
  }

  return DefaultedResponse as unknown as typeof ServerResponse;
}
