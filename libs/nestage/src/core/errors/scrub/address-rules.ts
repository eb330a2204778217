import { isIPv6 } from 'node:net';
import { isPublicHost } from './inner-host.js';
import { MARKS, type ScrubRule } from './scrub-rule.js';

/** Addresses in numbers, and users at hosts. @internal */
export const ADDRESS_RULES: readonly ScrubRule[] = [
  {
    name: 'user and password at a host',
    pattern: /(?<![\w.%+-])([\w.%+-]{1,64}):([^\s@/:"'<>]{1,100})@([\w.-]{1,200})(:\d{1,5})?/g,
    replacement: hideLogin,
  },
  {
    name: 'users at inner hosts',
    pattern: /(?<![\w.+-])(["'`]?)[\w.+-]{1,64}\1@(["'`]?)([\w.-]{1,200})\2(?::[\da-f:]+)?/gi,
    replacement: hideUserAtHost,
  },
  {
    name: 'brackets of an actor or a process',
    pattern: /\[[^[\]]{0,200}\b(?:address|pid|host)=[^[\]]{0,300}(?:\[[a-z]{3,7}\][^[\]]{0,100}){0,4}\]/gi,
    replacement: MARKS.address,
  },
  {
    name: 'memory addresses',
    // Eight digits that begin as the error codes of Windows do, 0x80004005, are no address unless "at" says so.
    pattern:
      /(?<![A-Za-z0-9])(?:0x(?!(?:8[\da-f]{3}|c000|0000)[\da-f]{4}(?!\w))[\da-f]{7,}|0000[\da-f]{12})(?!\w)|(?<=\bat )0x[\da-f]{3,}(?!\w)/gi,
    replacement: MARKS.address,
  },
  { name: 'MAC addresses', pattern: /(?<![\w:-])(?:[\da-f]{2}[:-]){5}[\da-f]{2}(?![\w:-])/gi, replacement: MARKS.address },
  {
    name: 'percent-encoded IPv6 addresses',
    pattern: /%5B((?:[\da-f.]|:|%3A|%25[\w-]{1,20}){2,60})%5D(?:(?::|%3A)\d{1,5})?/gi,
    replacement: (match, encoded) => (isIPv6(encoded.replace(/%3A/gi, ':').replace(/%25.*$/, '')) ? MARKS.address : match),
  },
  {
    name: 'IPv6 addresses',
    pattern:
      /\[([\da-f:]{2,45}(?:\.\d{1,3}){0,3}(?:%[\w.-]{1,20})?)\](?::\d{1,5})?(?!\w)|(?<![\w:.\]])([\da-f]{0,4}:[\da-f:]{1,45}(?:\.\d{1,3}){0,3}(?:%[\w.-]{1,20})?)(?!\w)/gi,
    replacement: hideIpv6,
  },
  {
    name: 'IPv4 addresses',
    pattern:
      /(?<![A-Za-z0-9.])(?<!\b(?:version|release|revision|build|firmware|section|chapter|clause)s?[ :=]{1,2}|\bversions? (?:\d+\.){3}\d+(?:,| or| and) |版本号?[:： ]{0,2}|\bv)(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?(?::\d{1,5})?(?![\w]|\.\d)/gi,
    replacement: hideIpv4,
  },
];

function hideIpv6(match: string, bracketed?: string, bare?: string): string {
  const text = bracketed ?? bare ?? '';
  const tail = bare === undefined || /::$/.test(text) ? '' : (/:$/.exec(text)?.[0] ?? '');
  const candidate = tail === '' ? text : text.slice(0, -1);
  const isAddress = /\d|^f[cde]/i.test(candidate) && [candidate, candidate.replace(/:\d{1,5}$/, '')].some((form) => isIPv6(form));
  return isAddress || match.startsWith('[::]:') ? `${MARKS.address}${tail}` : match;
}

function hideIpv4(match: string): string {
  const octets = match.split(/[/:]/)[0].split('.');
  return octets.every((octet) => Number(octet) <= 255) ? MARKS.address : match;
}

function hideLogin(match: string, user: string, _password: string, host: string, port?: string): string {
  const isPlaceholder = /^user(?:name)?:pass(?:word)?@(?:host|hostname|server|domain)$/i.test(match);
  if (isPlaceholder) return match;
  const isMail = /^(?:mailto|e-?mail|mail|contact|to|from|cc|bcc|user|sender|recipient|owner|by|address|support)$/i.test(user);
  return isMail && port === undefined && isPublicHost(host) ? match : MARKS.secret;
}

/** What stands after the @ of a version of something: `pkg@1.2.3`, `model@v2`, `prompt@42`, `image@sha256`. */
const TAG =
  /^(?:latest|next|beta|alpha|canary|rc|stable|lts|dev|head|draft|preview|nightly|sha\d{1,3}|v?\d{1,9}|v\d[\w.-]*|\d{4}-\d\d(?:-\d\d)?|\d+\.\d+(?:\.\d+(?:-[\w.]+)?)?)$/i;

function hideUserAtHost(match: string, _quote: string, _otherQuote: string, host: string): string {
  const isPlaceholder = /^(?:[a-z]@[a-z]|(?:user(?:name)?|name|you|someone|pass(?:word)?)@(?:host|hostname|domain|example|company))$/i.test(
    match,
  );
  return isPlaceholder || TAG.test(host) || isPublicHost(host) ? match : MARKS.address;
}
