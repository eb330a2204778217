import { INNER_SUFFIX } from './inner-host.js';
import { MARKS, type ScrubRule } from './scrub-rule.js';
import { BARE, hideValue, QUOTE, QUOTED } from './values.js';

/** Words before `:12345` that count or name something in place of a host. */
const NOT_A_HOST =
  /^(?:line|lines|column|col|row|page|position|pos|index|offset|id|ids|uid|code|status|error|errors|count|total|limit|tokens?|size|length|width|height|order|invoice|ticket|item|items|number|no|num|nr|amount|price|cost|year|max|min|maximum|minimum|sum|seed|version|step|epoch|batch|duration|timeout|ms|bytes|value|got|expected|actual|received|is|was|at|ratio|score|level|zip|phone|tel|ref|case|chapter|verse|section|sku|user|customer|account|field|from|to|p?pid|tid|port)$/i;
const DATA_FILE = /\.(?:pdf|png|jpe?g|gif|webp|csv|tsv|json|ya?ml|xml|txt|md|docx?|xlsx?|zip|gz|mp[34]|wav|log|html?|css)$/i;

/** Hosts and ports by name. @internal */
export const HOST_RULES: readonly ScrubRule[] = [
  {
    name: 'inner host names',
    pattern: new RegExp(
      String.raw`(?<![\w.@/-])(?:[A-Za-z0-9_*][\w-]{0,62}\.){1,10}${INNER_SUFFIX}(?:\.[a-z]{2,20}){0,3}\.?(?::\d{1,5})?(?![\w-])`,
      'gi',
    ),
    replacement: MARKS.address,
  },
  {
    name: 'localhost',
    // Alone it is a word of advice, unless something was done there.
    pattern:
      /(?<![\w.-])localhost:\d{1,5}(?![\w-])|(?<=\b(?:connect\w{0,8}|listen\w{0,8}|bind(?:ing)?|bound|dial(?:ing)?|lookup|getaddrinfo|resolv\w{0,4}|running|server|E[A-Z]{5,12})(?:[ :][\w']{1,20}){0,4}[ :=]{1,2}["'`(]?)localhost(?![\w-])/gi,
    replacement: MARKS.address,
  },
  {
    name: 'hosts with a port',
    pattern: /(?<![\w.@/:+-])([A-Za-z_](?:[\w.-]{0,200}[A-Za-z0-9])?):(\d{2,5})(?![\w:]|\.\d)/g,
    replacement: hideHostPort,
  },
  {
    name: 'hosts of network errors',
    pattern:
      /\b((?:ENOTFOUND|EAI_AGAIN) )()[A-Za-z0-9_][\w.-]*|\b((?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRINUSE|EADDRNOTAVAIL|host|lookup|no such host|host ?name)(?:[:=] ?| ))(["'`]?)(?:[A-Za-z0-9_][\w.]*[\d-][\w.-]*|[\w.-]+(?=["'`]))/gi,
    replacement: (_match, code = '', _none, words = '', quote = '') => `${code}${words}${quote}${MARKS.address}`,
  },
  {
    name: 'hosts by name',
    pattern: new RegExp(
      String.raw`\b((?:host(?:name|addr)?|server|bind|remote_?addr|peer|endpoint|address)\s?=\s?|(?:host(?:name|addr)?|remote_?addr)${QUOTE}\s?:\s?(?=${QUOTE}))(${QUOTED}|${BARE})`,
      'gi',
    ),
    replacement: (_match, name, value) => hideValue(_match, name, '', value).replace(MARKS.secret, MARKS.address),
  },
  { name: 'ports by name', pattern: /\b(port["']?\s?[=:]\s?)\d{2,5}\b/gi, replacement: `$1${MARKS.address}` },
  { name: 'ports in sentences', pattern: /((?:\b(?:on|to|via)|\]) port )\d{2,5}\b/gi, replacement: `$1${MARKS.address}` },
  {
    name: 'pod names',
    pattern: /(?<![\w-])[a-z][a-z0-9]*(?:-[a-z0-9]+){0,6}-(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{8,10}-[a-z0-9]{5}(?![\w-])/g,
    replacement: MARKS.address,
  },
  {
    name: 'hosts named by their IP',
    pattern: /(?<![\w-])ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[\w.-]{1,100})?/g,
    replacement: MARKS.address,
  },
  { name: 'cloud resource names', pattern: /\barn:aws[\w-]*:[^\s"',]+/g, replacement: MARKS.address },
];

function hideHostPort(match: string, host: string, port: string): string {
  const lastLabel = host.slice(host.lastIndexOf('.') + 1);
  if (NOT_A_HOST.test(lastLabel) || NOT_A_HOST.test(host) || DATA_FILE.test(host) || Number(port) > 65_535) return match;
  const isDomain = host.includes('.') && /^[A-Za-z]{2,}$/.test(lastLabel);
  if (isDomain) return MARKS.address;
  // an order number, PO-2024:1234
  if (host.includes('.') || /^[A-Z]+-\d+$/.test(host)) return match;
  return port.length >= 4 || (port.length === 3 && /[\d-]/.test(host)) || ['80', '443'].includes(port) ? MARKS.address : match;
}
