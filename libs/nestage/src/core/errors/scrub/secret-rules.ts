import { MARKS, type ScrubRule } from './scrub-rule.js';
import { BARE, EQUALS, hideValue, QUOTE, QUOTED, SECRET_NAME } from './values.js';

/** Secrets known by the name beside them. @internal */
export const SECRET_RULES: readonly ScrubRule[] = [
  {
    name: 'secrets by name',
    pattern: new RegExp(String.raw`(${SECRET_NAME})(${EQUALS})(${QUOTED}|${BARE})`, 'gi'),
    replacement: hideValue,
  },
  {
    name: 'secrets in tags',
    // Unless a tag closes it, a space or a mark goes on with the sentence about a placeholder: "send <token> with the request".
    pattern: new RegExp(String.raw`(<[\w:.-]{0,40}(?:${SECRET_NAME})>)(?:[^<]{1,2000}(?=<\/)|[^<\s"'\u0060,.;:)\]][^<]{0,2000})`, 'gi'),
    replacement: `$1${MARKS.secret}`,
  },
  {
    name: 'secrets as command arguments',
    pattern: new RegExp(
      String.raw`(--[\w-]{0,40}(?:${SECRET_NAME})\s|\s(?:-u|--user|--proxy-user)\s(?=[^\s:]{1,100}:))(${QUOTED}|${BARE})`,
      'gi',
    ),
    replacement: `$1${MARKS.secret}`,
  },
  {
    name: 'secrets in pairs of name and value',
    pattern: new RegExp(String.raw`((?:${SECRET_NAME})(?:${QUOTE})?,?\s{0,3}(?:${QUOTE})?value)(${EQUALS})(${QUOTED}|${BARE})`, 'gi'),
    replacement: hideValue,
  },
  {
    name: 'secrets in sentences',
    // Only what mixes letters and digits: other words after "password" and "token" are a sentence.
    pattern:
      /\b((?:pass(?:word|wd|phrase)|secret|(?<!expected )token|api[ _-]?key) )(["'`]?)(?=[^\s"'`]{0,60}\d)(?=[^\s"'`]{0,60}[A-Za-z])[^\s"'`,;()<>[\]]{6,}\2/gi,
    replacement: `$1$2${MARKS.secret}$2`,
  },
  {
    name: 'environment dumps',
    pattern: new RegExp(
      String.raw`(?<![\w-])[A-Z][A-Z0-9_]{1,80}=(?:${QUOTED}|[^\s"',;]{0,2000})(?:[,;]?\s[A-Z][A-Z0-9_]{1,80}=(?:${QUOTED}|[^\s"',;]{0,2000}))+`,
      'g',
    ),
    replacement: MARKS.secret,
  },
  {
    name: 'environment variables of the process',
    pattern: new RegExp(
      String.raw`(?<![\w-])((?:PATH|HOME|USER|LOGNAME|PWD|OLDPWD|HOSTNAME|SHELL|LD_LIBRARY_PATH|PYTHONPATH|NODE_OPTIONS|VIRTUAL_ENV|CUDA_VISIBLE_DEVICES|(?:AWS|KUBERNETES|DB|DATABASE|REDIS|POSTGRES|PG|MYSQL|MONGO|AZURE|GOOGLE|GCP|OPENAI)_?[A-Z0-9_]{1,60}))(${EQUALS})(${QUOTED}|${BARE})`,
      'g',
    ),
    replacement: hideValue,
  },
];
