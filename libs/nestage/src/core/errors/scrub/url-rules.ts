import { INNER_HOST } from './inner-host.js';
import { MARKS, type ScrubRule } from './scrub-rule.js';
import { CJK, tailOf } from './text-parts.js';
import { SECRET_NAME } from './values.js';

const SENSITIVE_PARAMETER = new RegExp(
  String.raw`[?&#;](?:[\w.-]{0,40}(?:${SECRET_NAME})|key|sv|se|sp|x-(?:amz|goog)-[\w-]+|awsaccesskeyid|user(?:name)?|code(?==[^&]{12}))=`,
  'i',
);

/** URLs and connection strings. @internal */
export const URL_RULES: readonly ScrubRule[] = [
  {
    name: 'URLs that say something internal',
    pattern: new RegExp(String.raw`[A-Za-z][A-Za-z0-9+.-]{0,30}:\\?\/\\?\/[^\s"'<>\u0060${CJK}]*`, 'g'),
    replacement: judgeUrl,
  },
  {
    name: 'percent-encoded URLs',
    pattern: /\b[a-z][a-z0-9+.-]{1,30}%3A%2F%2F[^\s"'<>`&]*/gi,
    replacement: (match) => (judgeUrl(decodeUrl(match)) === decodeUrl(match) ? match : MARKS.url),
  },
  { name: 'JDBC strings', pattern: /\bjdbc:[^\s"'<>`]+/gi, replacement: MARKS.url },
  {
    name: 'connection strings',
    pattern:
      /\b(?:server|data source|driver|addr|endpoint|host|defaultendpointsprotocol|accountname|accountendpoint)\s?=[^;"'\n]{1,300}(?:;\s?[A-Za-z][A-Za-z ]{0,40}=(?:[^;"'\n]{0,300}(?=;)|[^;"'\s]{0,300})){1,20};?/gi,
    replacement: MARKS.secret,
  },
];

const NOBODY = String.raw`(?:host(?:name)?|server|domain|\{\w{1,40}\})`;
/** A scheme alone or an address of the form `scheme://user:password@host:port/path`, as texts that ask for one show it. */
const URL_OF_NOBODY = new RegExp(
  String.raw`^[a-z][\w+.-]*:\/\/(?:[^A-Za-z0-9]*|(?:user(?:name)?(?::pass(?:word)?)?@)?${NOBODY}(?::(?:port|\{\w{1,40}\}))?(?:\/[a-z_{}]{0,40})?[.,;)]*)$`,
  'i',
);

function judgeUrl(url: string): string {
  if (URL_OF_NOBODY.test(url)) return url;
  const isWeb = /^(?:https?|wss?):/i.test(url);
  if (/^file:/i.test(url)) return MARKS.path;
  if (!isWeb) return MARKS.url;
  const authority = /^[^:]+:[\\/]{2,4}([^/?#\\]*)/.exec(url)?.[1] ?? '';
  const host = authority.slice(0, authority.length - tailOf(authority).length);
  const isInner = host.includes('@') || /:\d/.test(host) || INNER_HOST.test(host);
  return isInner || SENSITIVE_PARAMETER.test(url) ? MARKS.url : url;
}

/** Only what {@link judgeUrl} looks at, since a text that was cut or made up may not decode at all. */
function decodeUrl(encoded: string): string {
  return encoded.replace(/%(?:2[3F]|3[AFD]|[45]0|5[BD]|26)/gi, (code) => String.fromCharCode(parseInt(code.slice(1), 16)));
}
