import { MARKS, type ScrubRule } from './scrub-rule.js';
import { tailOf } from './text-parts.js';

const ROOTS = String.raw`etc|usr|var|opt|home|root|tmp|mnt|srv|proc|sys|dev|s?bin|lib(?:32|64)?|boot|snap|nix|Users|Applications|Library|System|Volumes|private|app|workspaces?|data\d*|work|nfs|lustre|gpfs|scratch|dbfs|kaggle|node_modules`;
/** Roots that say "disk" even when nothing follows them, or when an HTTP method stands before them. */
const CERTAIN_ROOT = /^\/(?:etc|usr|var|opt|root|tmp|mnt|srv|proc|sbin|Users|Volumes|nix)(?:\/|$)/;
const ROOTED = new RegExp(String.raw`^\/(?:${ROOTS})\/`);
/** Roots that are route names as often: with two more steps below them they are taken for disks. */
const DEEP =
  /^\/(?:media|run|apps|code|src|builds?|dist|models?|cache|storage|checkpoints|weights|layers|export|disk\d*|system|project|ssd|vercel|github|content|function)\/[^/]+\/[^/]/;
const ROUTE = /^\/(?:v\d+|api|docs|openapi|swagger|static|public|assets|health|metrics|files|images|\.well-known)(?:[/.-]|$)/;
const DISK_MARK = /\/\.[A-Za-z]|\/(?:node_modules|site-packages|dist-packages|snapshots|\.\.)\/|[^/]\.[A-Za-z][A-Za-z0-9]{0,11}(?::\d+)*$/;

/** Paths on a disk. @internal */
export const PATH_RULES: readonly ScrubRule[] = [
  { name: 'file URLs and unix sockets', pattern: /\b(?:file|unix):(?:\/\/)?[@/~.][^\s"'`<>]*/g, replacement: MARKS.path },
  {
    name: 'quoted paths',
    pattern:
      /(["'`])(?:\/(?:etc|usr|var|opt|home|root|tmp|mnt|srv|Users|Applications|Library|Volumes)\/|~\/|[A-Za-z]:\\|\\\\[\w.-]+\\)[^"'`]{0,1000}\1/g,
    replacement: '$1[path]$1',
  },
  {
    name: 'Windows paths',
    pattern:
      /(?:(?<![\w\\])\\{2,4}[.?]\\{1,2})?(?<![A-Za-z0-9])[A-Za-z]:(?:\\{1,4}|\/)(?:[^\\/:*?"'<>|\s]{1,100}(?: [^\\/:*?"'<>|\s]{1,60}){0,3}(?:\\{1,4}|\/))*[^\\/:*?"'<>|\s,;)\]}]*(?::\d+){0,2}/g,
    replacement: MARKS.path,
  },
  {
    name: 'Windows devices and pipes',
    pattern: /(?<![\w\\/:])(?:\\{2,4}|\/\/)[.?](?:\\{1,2}|\/)(?![A-Za-z]:|\[path\])[^\s"'`<>|,;)\]}]+/g,
    replacement: (match) => `${MARKS.path}${tailOf(match)}`,
  },
  { name: 'UNC paths', pattern: /(?<![\w\\])\\{2,4}[A-Za-z0-9][\w.-]{1,100}\\{1,2}[^\s"'`<>|]+/g, replacement: MARKS.path },
  {
    name: 'paths of a home',
    pattern: /(?<![\w/.])(?:~[\w-]{0,32}\/|(?:\$\{?[A-Z_]{2,40}\}?|%[A-Z_]{2,40}%)[\\/])[^\s"'`<>|,;)\]}]*/g,
    replacement: MARKS.path,
  },
  {
    name: 'paths after the name of a file call',
    pattern:
      /\b((?:open|l?stat|mkdir|rmdir|scandir|unlink|rename|copyfile|readlink|realpath|chdir|spawn|exec)\s["'`]?|(?:access|directory|folder|cwd|filename|(?:\w{1,40}_)?(?:dir|file)|\w{1,40}_path)(?:[:=]\s?["'`]?|\s["'`]))(\/[\w.@%+~-][^\s"'`<>|,;)\]}]*)/g,
    replacement: (match, call, path) => (ROUTE.test(path) ? match : `${call}[path]${tailOf(path)}`),
  },
  {
    name: 'paths with escaped slashes',
    pattern: new RegExp(String.raw`\\\/(?:${ROOTS})(?:\\\/[^\s"'\\]{1,200})+`, 'g'),
    replacement: MARKS.path,
  },
  {
    name: 'percent-encoded paths',
    pattern: new RegExp(String.raw`(?<![\w.%/-])%2F(?:${ROOTS})(?:%2F[\w.@+-]{0,200})+`, 'gi'),
    replacement: MARKS.path,
  },
  {
    name: 'Unix paths',
    pattern: new RegExp(
      String.raw`(\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s)?(?<![\w./~\\\]-])(\/(?!\/)(?:[^\s"'\u0060<>|,;(){}\[\]*?!\u3000-\u303f\uff00-\uffef]|(?<=\/Application) (?=Support\/))+)`,
      'g',
    ),
    replacement: hideUnixPath,
  },
  {
    name: 'relative paths',
    pattern:
      /(?<![\w./])\.{1,2}\/[^\s"'`<>|,;)\]}]+|(?<![\w/-])(?:[\w.@-]{1,80}\/){0,10}(?:node_modules|site-packages|dist-packages)\/[^\s"'`<>|,;)\]}]*/g,
    replacement: MARKS.path,
  },
  { name: 'socket files', pattern: /(?<![\w./-])[\w./-]{1,200}\.sock\b/g, replacement: MARKS.path },
];

function hideUnixPath(match: string, method: string | undefined, found: string): string {
  const tail = tailOf(found);
  const path = found.slice(0, found.length - tail.length);
  const isOnDisk = ROOTED.test(path) || DEEP.test(path) || (!ROUTE.test(path) && DISK_MARK.test(path));
  return CERTAIN_ROOT.test(path) || (method === undefined && isOnDisk) ? `${method ?? ''}[path]${tail}` : match;
}
