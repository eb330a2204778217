import { OptionError } from './option-checks.js';

/** A host that may be connected to: `name`, or `*.name` for anything below it; the port is empty where it is the usual one. @internal */
export interface HostPattern {
  readonly name: string;
  readonly port: string;
}

/**
 * Reads a pattern as the URL parser writes hosts, so that it can be compared with what that makes of an address.
 * @throws OptionError
 * @internal
 */
export function readHostPattern(text: string, option: string, place: string): HostPattern {
  const [, wildcard = '', name = '', port = ''] = /^(\*\.)?([^*/@?#\s]+?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const bracketed = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  if (!name || !URL.canParse(`http://${bracketed}:${port || 1}/`)) {
    throw new OptionError(
      `"${option}" must hold host names such as "images.example.com" or "*.example.com", got ${JSON.stringify(text)} (set it in ${place}).`,
    );
  }
  return { name: wildcard + new URL(`http://${bracketed}:1/`).hostname, port };
}

/** Whether a URL is at a host. @internal */
export function isAtHost({ hostname, port }: URL, { name, port: wanted }: HostPattern): boolean {
  if (port !== wanted) return false;
  const plain = hostname.replace(/\.$/, '');
  return name.startsWith('*.') ? plain.endsWith(name.slice(1)) && plain.length > name.length - 1 : plain === name;
}
