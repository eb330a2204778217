import { isIPv6 } from 'node:net';

/** One kind of thing that must not leave, and what stands in its place. @internal */
export interface ScrubRule {
  /** What it takes out, in words: the title of its test. */
  readonly name: string;
  readonly pattern: RegExp;
  /** As in `String.replace`; a function may look closer and give the match back. */
  readonly replacement: string | ((match: string, ...groups: string[]) => string);
}

// Every pattern runs in linear time, since a client can choose the text of a validation error. That is: no repeat within a repeat that
// could split the same characters in two ways, and every open repeat either starts behind a look-behind on its own characters (so that a
// run is tried once, not from each of its positions) or has a small upper bound.

const MARK = String.raw`\[(?:path|address|pid|secret|stack|url)\]`;
const CJK = String.raw`\u3000-\u303f\u3400-\u9fff\uff00-\uffef`;
const QUOTE = String.raw`\\{0,3}["'\u0060]`;
/** Between a name and its value: `=`, `: `, `":"`, `' => '`, also with the quotes of JSON within JSON. */
const EQUALS = String.raw`(?:${QUOTE}\]?)?\s{0,3}(?:=>|[:=：](?![:=]))\s{0,3}`;
const QUOTED = String.raw`(?:\\{1,3}"[^"]*"?|\\{1,3}'[^']*'?|"(?:[^"\\]|\\[^])*"?|'(?:[^'\\]|\\[^])*'?|\u0060[^\u0060]*\u0060?)`;
const BARE = String.raw`[^\s"'\u0060,;&<>${CJK}]+`;

const SECRET_NAME = [
  String.raw`pass(?:word|wd|phrase|code)s?(?:[_-]?hash)?|pwd|\bpass(?=\s?=|['"])`,
  String.raw`(?:client|app|consumer|shared|webhook|signing|jwt|session|master)?[_-]?secret(?:s|[_-]?(?:access)?[_-]?key(?:[_-]?base)?|[_-]?id)?`,
  String.raw`(?:access|refresh|id|auth|bearer|csrf|xsrf|session|security|api|bot|deploy|personal)?[_-]?(?<!expected )token|密码|口令|密钥|令牌`,
  String.raw`(?:api|access|account|private|encryption|signing|master|auth|ssh|subscription|storage|shared|license|service|hmac|aes)[ _-]?key(?:[_-]?id)?`,
  String.raw`apikey|credentials?|\bauth|session[_-]?id|sessid|connect\.sid|\bsid|\bsig|signature|\bcsrf|\bjwt|\botp|\bdsn|connection[_-]?string`,
  String.raw`(?:database|redis|mongo(?:db)?|postgres(?:ql)?|mysql|amqp|broker)[_-]ur[il]`,
].join('|');

const ROOTS = String.raw`etc|usr|var|opt|home|root|tmp|mnt|srv|proc|sys|dev|s?bin|lib(?:32|64)?|boot|snap|nix|Users|Applications|Library|System|Volumes|private|app|workspaces?|data\d*|work|nfs|lustre|gpfs|scratch|dbfs|kaggle|node_modules`;
/** Roots that say "disk" even when nothing follows them, or when an HTTP method stands before them. */
const CERTAIN_ROOT = /^\/(?:etc|usr|var|opt|root|tmp|mnt|srv|proc|sbin|Users|Volumes|nix)(?:\/|$)/;
const ROOTED = new RegExp(String.raw`^\/(?:${ROOTS})\/`);
/** Roots that are route names as often: with two more steps below them they are taken for disks. */
const DEEP =
  /^\/(?:media|run|apps|code|src|builds?|dist|models?|cache|storage|checkpoints|weights|layers|export|disk\d*|system|project|ssd|vercel|github|content|function)\/[^/]+\/[^/]/;
const ROUTE = /^\/(?:v\d+|api|docs|openapi|swagger|static|public|assets|health|metrics|files|images|\.well-known)(?:[/.-]|$)/;
const DISK_MARK = /\/\.[A-Za-z]|\/(?:node_modules|site-packages|dist-packages|snapshots|\.\.)\/|[^/]\.[A-Za-z][A-Za-z0-9]{0,11}(?::\d+)*$/;

const SOURCE_FILE = String.raw`(?:[cm]?[jt]sx?|py|java|kt|go|rs|c|cc|cpp|cxx|cu|h|hpp|cs|rb|php|scala|swift)`;
const INNER_SUFFIX = String.raw`(?:internal|local|localdomain|localhost|lan|corp|intranet|svc|consul|home\.arpa)`;
const INNER_HOST = new RegExp(String.raw`^(?:[^.]*|.*\.${INNER_SUFFIX}|[\d.]+|\[.*)\.?$`, 'i');
const SENSITIVE_PARAMETER = new RegExp(
  String.raw`[?&#;](?:[\w.-]{0,40}(?:${SECRET_NAME})|key|sv|se|sp|x-(?:amz|goog)-[\w-]+|awsaccesskeyid|user(?:name)?|code(?==[^&]{12}))=`,
  'i',
);

/** Words before `:12345` that count or name something in place of a host. */
const NOT_A_HOST =
  /^(?:line|lines|column|col|row|page|position|pos|index|offset|id|ids|uid|code|status|error|errors|count|total|limit|tokens?|size|length|width|height|order|invoice|ticket|item|items|number|no|num|nr|amount|price|cost|year|max|min|maximum|minimum|sum|seed|version|step|epoch|batch|duration|timeout|ms|bytes|value|got|expected|actual|received|is|was|at|ratio|score|level|zip|phone|tel|ref|case|chapter|verse|section|sku|user|customer|account|field|from|to)$/i;
const DATA_FILE = /\.(?:pdf|png|jpe?g|gif|webp|csv|tsv|json|ya?ml|xml|txt|md|docx?|xlsx?|zip|gz|mp[34]|wav|log|html?|css)$/i;

/** Words that begin a sentence about a field, in place of its value: `password: must not be empty`. */
const ABOUT_A_FIELD =
  /^(?:must|should|shall|is|are|was|may|might|can|cannot|can't|could|will|has|have|had|does|doesn't|did|needs?|not|no|none|null|undefined|required|optional|invalid|missing|unknown|incorrect|wrong|empty|expired|expected|unexpected|too|at|the|a|an|this|that|your|please|only|use|enter|provide|minimum|maximum|length|between|contains?|string|number|boolean|value|field|of|for|in|and|or|with|limit)(?=[\s.,;:!?)]|$)/i;

const RULE_OF_A_FIELD = /^\\{0,3}["'`](?:must|should|is|are|cannot|may not|required|invalid|missing) /i;

const secret = '[secret]';
const address = '[address]';

/**
 * All rules, in the order in which they run: multi-line things while there are lines, then secrets, whose values may look like
 * anything, then URLs, whose parts look like paths and hosts, then the rest.
 * @internal
 */
export const SCRUB_RULES: readonly ScrubRule[] = [
  // lines
  {
    name: 'line ends written as \\n within a stack',
    pattern: /\\r?\\n(?=(?:\\t|\s)*(?:at |File \\?"|[~^]+|\.\.\. \d))/g,
    replacement: '\n',
  },
  { name: 'terminal colours', pattern: new RegExp(String.raw`\u001b\[[\d;]{0,20}[A-Za-z]`, 'g'), replacement: '' },
  { name: 'PEM blocks', pattern: /-----BEGIN [A-Z0-9 ]{1,40}-----[^]*?(?:-----END [A-Z0-9 ]{1,40}-----|$)/g, replacement: secret },
  { name: 'multi-line stacks', pattern: /^[^]*[\r\n][^]*$/, replacement: dropStackLines },
  { name: 'control characters', pattern: /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, replacement: ' ' },

  // stacks on one line
  {
    name: 'Python tracebacks',
    pattern:
      /Traceback \(most recent call (?:last|first)\).*?(?=\s[A-Za-z_][\w.]{0,80}(?:Error|Exception|Interrupt|Exit|Warning|Stop\w{0,20})(?::|\s*$)|$)/g,
    replacement: '[stack]',
  },
  { name: 'Python frames', pattern: /File \\?["'][^"'\n]{1,400}["'], line \d+(?:, in [\w<>.]{1,100})?/g, replacement: '[stack]' },
  {
    name: 'Node frames',
    pattern:
      /\bat (?:async |new )?[^\s()]{1,200}(?: \[as [^\]]{1,80}\])? \((?:[^()\s]{1,400}:\d+(?::\d+)?|<anonymous>|native|index \d+)\)/g,
    replacement: '[stack]',
  },
  {
    name: 'Node frames without a function',
    pattern: /\bat (?:async )?(?:(?:file:\/\/|node:|\/|[A-Za-z]:[\\/])[^\s()]{1,400}:\d+(?::\d+)?|<anonymous>)/g,
    replacement: '[stack]',
  },
  {
    name: 'Java and .NET frames',
    pattern:
      /\bat [\w$./<>]{1,300}\((?:[\w$]{1,100}\.(?:java|kt|scala|groovy)(?::\d+)?|Native Method|Unknown Source)\)|\bat [\w.`<>[\], ]{1,200}\([^()]{0,200}\) in [^\s]{1,300}:line \d+/g,
    replacement: '[stack]',
  },
  { name: 'Java frame counts', pattern: /\.\.\. \d+ (?:more|common frames omitted)/g, replacement: '[stack]' },
  {
    name: 'Go frames',
    pattern:
      /goroutine \d+ \[[^\]]{1,60}\]:?|created by \S{1,200} in goroutine \d+|(?<![\w./*-])[\w./*-]{1,200}(?:\(\*?\w{1,60}\)[\w.]{1,100})?\([^()]{0,300}\)\s{1,3}(?=\S{1,300}\.(?:go|s):\d)|(?<![\w./-])[\w./-]{1,300}\.(?:go|s):\d+(?: \+0x[\da-f]+)?|(?<=\)) ?\+0x[\da-f]+/g,
    replacement: '[stack]',
  },
  {
    name: 'native frames',
    pattern: /#\d{1,3}:?\s{1,3}0x[\da-f]+(?: in [^\s()]{1,200})?|\(_Z[\w.$]{1,300}(?:\+0x[\da-f]+)?\)|\(\+0x[\da-f]+\)/gi,
    replacement: '[stack]',
  },
  {
    name: 'source lines',
    pattern: new RegExp(
      String.raw`(?<![\w./@\\:-])(?:node:)?(?:[\w.@-]{1,80}\/){0,20}[\w.@-]{1,80}\.${SOURCE_FILE}:\d+(?::\d+)?(?!\w)|node:[\w/]{1,200}:\d+(?::\d+)?`,
      'g',
    ),
    replacement: '[stack]',
  },

  // URLs and connection strings
  {
    name: 'URLs that say something internal',
    pattern: new RegExp(String.raw`[A-Za-z][A-Za-z0-9+.-]{0,30}:\\?\/\\?\/[^\s"'<>\u0060${CJK}]*`, 'g'),
    replacement: judgeUrl,
  },
  { name: 'JDBC strings', pattern: /\bjdbc:[^\s"'<>`]+/gi, replacement: '[url]' },
  {
    name: 'connection strings',
    pattern:
      /\b(?:server|data source|driver|addr|endpoint|host|defaultendpointsprotocol|accountname|accountendpoint)\s?=[^;"'\n]{1,300}(?:;\s?[A-Za-z][A-Za-z ]{0,40}=[^;"'\s]{0,300}){1,20};?/gi,
    replacement: secret,
  },

  // headers
  {
    name: 'credential headers',
    pattern: new RegExp(
      String.raw`((?:proxy-)?authorization|x-[a-z-]{0,30}(?:key|token|auth|secret|signature)|(?:set-)?cookie)(${EQUALS})(${QUOTED}|(?:(?:Bearer|Basic|Digest|Token|ApiKey|Negotiate|NTLM|AWS4-[A-Z0-9-]+) )?[\w.-]{1,100}=(?:"[^"]{0,500}"|[^\s"',;]{0,2000})(?:[;,] ?[\w.-]{1,100}(?:=(?:"[^"]{0,500}"|[^\s"',;]{0,2000}))?){0,40}|(?:(?:Bearer|Basic|Digest|Token|ApiKey|Negotiate|NTLM) )?${BARE})`,
      'gi',
    ),
    replacement: hideValue,
  },
  { name: 'bearer and basic values', pattern: /\b(Bearer|Basic|Token|ApiKey|Negotiate) ([\w.~+/=*-]{6,})/gi, replacement: hideCredential },

  // names with values
  {
    name: 'secrets by name',
    pattern: new RegExp(String.raw`(${SECRET_NAME})(${EQUALS})(${QUOTED}|${BARE})`, 'gi'),
    replacement: hideValue,
  },
  {
    name: 'secrets in tags',
    pattern: new RegExp(String.raw`(<[\w:.-]{0,40}(?:${SECRET_NAME})>)[^<]{1,2000}`, 'gi'),
    replacement: `$1${secret}`,
  },
  {
    name: 'secrets as command arguments',
    pattern: new RegExp(String.raw`(--[\w-]{0,40}(?:${SECRET_NAME}))\s(${QUOTED}|${BARE})`, 'gi'),
    replacement: `$1 ${secret}`,
  },
  {
    name: 'environment dumps',
    pattern: new RegExp(
      String.raw`(?<![\w-])[A-Z][A-Z0-9_]{1,80}=(?:${QUOTED}|[^\s"',;]{0,2000})(?:[,;]?\s[A-Z][A-Z0-9_]{1,80}=(?:${QUOTED}|[^\s"',;]{0,2000}))+`,
      'g',
    ),
    replacement: secret,
  },
  {
    name: 'environment variables of the process',
    pattern: new RegExp(
      String.raw`(?<![\w-])((?:PATH|HOME|USER|LOGNAME|PWD|OLDPWD|HOSTNAME|SHELL|LD_LIBRARY_PATH|PYTHONPATH|NODE_OPTIONS|VIRTUAL_ENV|CUDA_VISIBLE_DEVICES|(?:AWS|KUBERNETES|DB|DATABASE|REDIS|POSTGRES|PG|MYSQL|MONGO|AZURE|GOOGLE|GCP|OPENAI)_?[A-Z0-9_]{1,60}))(${EQUALS})(${QUOTED}|${BARE})`,
      'g',
    ),
    replacement: hideValue,
  },

  // secrets by shape
  {
    name: 'vendor keys',
    pattern:
      /(?<![A-Za-z0-9])(?:sk-[\w*-]{12,}|(?:sk|pk|rk|whsec)_[\w*]{16,}|[spr]k_(?:live|test)_\w{8,}|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}|AKID\w{20,}|LTAI\w{12,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|gl(?:pat|dt|rt|cbt|ptt)-[\w-]{16,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|AIza[\w-]{30,}|ya29\.[\w-]{10,}|GOCSPX-[\w-]{10,}|hf_\w{16,}|npm_\w{20,}|pypi-[\w-]{16,}|SG\.[\w-]{10,}\.[\w-]{10,}|(?:AC|SK)[\da-f]{32}|key-[\da-z]{24,}|do[opr]_v1_\w{16,}|shp(?:at|ca|pa|ss)_\w{16,}|gsk_\w{16,}|xai-[\w-]{16,}|r8_\w{16,}|pplx-\w{16,}|nvapi-[\w-]{16,}|dapi[\da-f]{16,}|lin_api_\w{16,}|ntn_\w{16,}|hv[sb]\.[\w-]{16,}|s\.[A-Za-z0-9]{24}|ATATT[\w=-]{16,}|sntrys_[\w=+/-]{16,}|PMAK-[\w-]{16,}|AGE-SECRET-KEY-\w{16,}|EAA\w{20,}|sq0[a-z]{3}-[\w-]{16,}|dckr_pat_[\w-]{16,}|rubygems_\w{16,}|dp\.st\.[\w.-]{16,}|\d{8,10}:[A-Za-z][\w-]{34})(?![A-Za-z0-9])/g,
    replacement: secret,
  },
  { name: 'keys shown in part', pattern: /(?<![\w*-])[\w-]{2,40}\*{3,100}[\w-]{0,40}/g, replacement: secret },
  {
    name: 'Slack and Discord hooks',
    pattern: /hooks\.slack\.com\/[\w/-]+|discord(?:app)?\.com\/api\/webhooks\/[\w/-]+/g,
    replacement: '[url]',
  },
  { name: 'JWTs', pattern: /(?<![A-Za-z0-9])eyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g, replacement: secret },
  { name: 'long hexadecimal strings', pattern: /(?<![A-Za-z0-9])[\da-fA-F]{32,}(?![A-Za-z0-9])/g, replacement: secret },
  { name: 'long random strings', pattern: /(?<![\w+/-])[\w+/-]{40,}={0,2}/g, replacement: hideRandom },

  // addresses
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
    replacement: address,
  },
  {
    name: 'memory addresses',
    pattern: /(?<![A-Za-z0-9])(?:0x[\da-f]{7,}|0000[\da-f]{12})(?!\w)|(?<=\bat )0x[\da-f]{3,}(?!\w)/gi,
    replacement: address,
  },
  { name: 'MAC addresses', pattern: /(?<![\w:-])(?:[\da-f]{2}[:-]){5}[\da-f]{2}(?![\w:-])/gi, replacement: address },
  {
    name: 'IPv6 addresses',
    pattern:
      /(?<![\w:.\]])(?:\[([\da-f:]{2,45}(?:\.\d{1,3}){0,3}(?:%[\w.-]{1,20})?)\](?::\d{1,5})?|([\da-f]{0,4}:[\da-f:]{1,45}(?:\.\d{1,3}){0,3}(?:%[\w.-]{1,20})?))(?!\w)/gi,
    replacement: hideIpv6,
  },
  {
    name: 'IPv4 addresses',
    pattern: /(?<![A-Za-z0-9.])(?<!\bversion |\bv)(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?(?::\d{1,5})?(?![\w]|\.\d)/g,
    replacement: hideIpv4,
  },
  {
    name: 'inner host names',
    pattern: new RegExp(
      String.raw`(?<![\w.@/-])(?:[A-Za-z0-9_*][\w-]{0,62}\.){1,10}${INNER_SUFFIX}(?:\.[a-z]{2,20}){0,3}\.?(?::\d{1,5})?(?![\w-])`,
      'gi',
    ),
    replacement: address,
  },
  { name: 'localhost', pattern: /(?<![\w.-])localhost(?::\d{1,5})?(?![\w-])/gi, replacement: address },
  {
    name: 'hosts with a port',
    pattern: /(?<![\w.@/:+-])([A-Za-z_](?:[\w.-]{0,200}[A-Za-z0-9])?):(\d{2,5})(?![\w:]|\.\d)/g,
    replacement: hideHostPort,
  },
  {
    name: 'hosts of network errors',
    pattern:
      /\b((?:ENOTFOUND|EAI_AGAIN) )()[A-Za-z0-9_][\w.-]*|\b((?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRINUSE|EADDRNOTAVAIL|(?:unknown|resolve|server|database) host|lookup|no such host|host ?name)[:=]? ?)(["'`]?)(?:[A-Za-z0-9_][\w.]*[\d-][\w.-]*|[\w.-]+(?=["'`]))/gi,
    replacement: (_match, code = '', _none, words = '', quote = '') => `${code}${words}${quote}${address}`,
  },
  {
    name: 'hosts by name',
    pattern: new RegExp(
      String.raw`\b((?:host(?:name|addr)?|server|bind|remote_?addr|peer|endpoint|address)\s?=\s?|(?:host(?:name|addr)?|remote_?addr)${QUOTE}\s?:\s?(?=${QUOTE}))(${QUOTED}|${BARE})`,
      'gi',
    ),
    replacement: (_match, name, value) => hideValue(_match, name, '', value).replace(secret, address),
  },
  { name: 'ports by name', pattern: /\b(port["']?\s?[=:]\s?)\d{2,5}\b/gi, replacement: `$1${address}` },
  { name: 'ports in sentences', pattern: /\b((?:on|to|via) port )\d{2,5}\b/gi, replacement: `$1${address}` },
  {
    name: 'pod names',
    pattern: /(?<![\w-])[a-z][a-z0-9]*(?:-[a-z0-9]+){0,6}-(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{8,10}-[a-z0-9]{5}(?![\w-])/g,
    replacement: address,
  },
  { name: 'hosts named by their IP', pattern: /(?<![\w-])ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[\w.-]{1,100})?/g, replacement: address },
  { name: 'cloud resource names', pattern: /\barn:aws[\w-]*:[^\s"',]+/g, replacement: address },

  // paths
  { name: 'file URLs and unix sockets', pattern: /\b(?:file|unix):(?:\/\/)?[@/~.][^\s"'`<>]*/g, replacement: '[path]' },
  {
    name: 'quoted paths',
    pattern:
      /(["'`])(?:\/(?:etc|usr|var|opt|home|root|tmp|mnt|srv|Users|Applications|Library|Volumes)\/|~\/|[A-Za-z]:\\|\\\\[\w.-]+\\)[^"'`]{0,1000}\1/g,
    replacement: '$1[path]$1',
  },
  {
    name: 'Windows paths',
    pattern:
      /(?<![A-Za-z0-9])[A-Za-z]:(?:\\{1,4}|\/)(?:[^\\/:*?"'<>|\s]{1,100}(?: [^\\/:*?"'<>|\s]{1,60}){0,3}(?:\\{1,4}|\/))*[^\\/:*?"'<>|\s,;)\]}]*(?::\d+){0,2}/g,
    replacement: '[path]',
  },
  { name: 'UNC paths', pattern: /(?<![\w\\])\\{2,4}[A-Za-z0-9][\w.-]{1,100}\\{1,2}[^\s"'`<>|]+/g, replacement: '[path]' },
  { name: 'paths of a home', pattern: /(?<![\w/.])~[\w-]{0,32}\/[^\s"'`<>|,;)\]}]*/g, replacement: '[path]' },
  {
    name: 'paths after the name of a file call',
    pattern:
      /\b((?:open|l?stat|mkdir|rmdir|scandir|unlink|rename|copyfile|readlink|realpath|chdir|spawn|exec)\s["'`]?|(?:access|directory|folder|dir|cwd|file|filename)(?:[:=]\s?["'`]?|\s["'`]))(\/[\w.@%+~-][^\s"'`<>|,;)\]}]*)/g,
    replacement: (match, call, path) => (ROUTE.test(path) ? match : `${call}[path]${/[.:]*$/.exec(path)?.[0]}`),
  },
  {
    name: 'paths with escaped slashes',
    pattern: new RegExp(String.raw`\\\/(?:${ROOTS})(?:\\\/[^\s"'\\]{1,200})+`, 'g'),
    replacement: '[path]',
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
    replacement: '[path]',
  },
  { name: 'socket files', pattern: /(?<![\w./-])[\w./-]{1,200}\.sock\b/g, replacement: '[path]' },

  // processes
  {
    name: 'process and thread ids',
    pattern: /\b((?:p?pid|tid|pgid|(?:process|thread|worker)[_ -]?id|threadid|processid)(?:["']?\s?[:=#]\s?|\s))["']?\d+["']?/gi,
    replacement: '$1[pid]',
  },
  {
    name: 'numbered processes',
    pattern:
      /(?<!\b(?:to|can|cannot|not|could|will|please|we) )\b(process|thread)([ #:[]{1,2})\d+\b(?! (?!was|has|is|exits|dies|crashes)[a-z]+s\b)/gi,
    replacement: '$1$2[pid]',
  },
  {
    name: 'numbered workers',
    pattern: /\b((?:Main|Fork|Spawn|Dummy)?(?:Thread|Process|PoolWorker|PoolExecutor)-)\d+(?:_\d+)?\b|\b(pool-)\d+-thread-\d+\b/g,
    replacement: (_match, worker = '', pool = '') => `${worker}${pool}[pid]`,
  },
  { name: 'process ids in Chinese', pattern: /((?:进程|线程)(?:号|ID)?\s?[:：=]?\s?)\d+/gi, replacement: '$1[pid]' },

  { name: 'several stacks in a row', pattern: /\[stack\](?:[\s,;:|]*\[stack\])+/g, replacement: '[stack]' },
];

const FRAME_LINES: readonly RegExp[] = [
  /^\s*at .{0,1000}(?::\d+\)?|\(native\)|<anonymous>\)?|\(index \d+\)|\(Native Method\)|\(Unknown Source\)|:line \d+)\s*$/,
  /^\s*File ".{1,500}", line \d+/,
  /^\s*Traceback \(most recent call /,
  /^(?:During handling of the above|The above exception was the direct)/,
  /^\s*\.\.\. \d+ (?:more|common frames)/,
  /^\s*Caused by: /,
  /^\s*goroutine \d+ \[/,
  /^\s*created by \S*[.(]\S*(?: in goroutine \d+)?$/,
  /^\s*\S{1,500}\.(?:go|s):\d+/,
  /^\s*#\d{1,3}:?\s+(?:0x[\da-f]+|\S.{0,500}\) (?:at|from) |\S{1,500}\.php\(\d+\))/i,
  /^\s*frame #\d+:/,
  /^\s*\d{1,3}:\s+(?:0x[\da-f]+|[\w<>]+::)/,
  /^\s*(?:stack backtrace|stack trace|call stack|backtrace):?\s*$/i,
  /\[0x[\da-f]+\]\s*$/i,
  /^\s*[~^]+\s*$/,
];
const GO_CALL = /^[\w./*()-]{1,300}\(.*\)\s*$/;

/** Frames go, and with them the source lines that Python and Go print beside each; a message that follows the frames stays. */
function dropStackLines(text: string): string {
  const kept: string[] = [];
  let isInPython = false;
  let isInGo = false;
  for (const line of text.split(/\r\n|[\r\n]/)) {
    const isFrame = FRAME_LINES.some((frame) => frame.test(line));
    const isBesideFrame = (isInPython && /^\s+\S/.test(line)) || (isInGo && GO_CALL.test(line));
    if (isFrame) isInPython = /^\s*(?:File "|Traceback )/.test(line) || (isInPython && /^\s/.test(line));
    if (!isFrame && !isBesideFrame) isInPython = false;
    isInGo ||= /^\s*goroutine \d+ \[/.test(line);
    if (!isFrame && !isBesideFrame) kept.push(line);
    else if (kept.at(-1) !== '[stack]') kept.push('[stack]');
  }
  return kept.join('\n').trim();
}

function judgeUrl(url: string): string {
  const isWeb = /^(?:https?|wss?):/i.test(url);
  if (/^file:/i.test(url)) return '[path]';
  if (!isWeb) return '[url]';
  const authority = /^[^:]+:[\\/]{2,4}([^/?#\\]*)/.exec(url)?.[1].replace(/[.,;:!?)\]}]+$/, '') ?? '';
  const isInner = authority.includes('@') || /:\d/.test(authority) || INNER_HOST.test(authority);
  return isInner || SENSITIVE_PARAMETER.test(url) ? '[url]' : url;
}

/** Hides what stands after the name, unless it is a sentence about the field or a sign (`Unexpected token: }`). */
function hideValue(match: string, name: string, equals: string, value: string): string {
  const quote = /^\\{0,3}["'`]/.exec(value)?.[0];
  const isSentence = quote === undefined ? /[:：]\s/.test(equals) && ABOUT_A_FIELD.test(value) : RULE_OF_A_FIELD.test(value);
  const isCount = /token$/i.test(name) && /^\d{1,7}[)\]}.]?$/.test(value);
  if (isSentence || isCount || !/[A-Za-z0-9]/.test(value)) return match;
  if (quote !== undefined) return `${name}${equals}${quote}${secret}${quote}`;
  return `${name}${equals}${secret}${closersOf(value)}`;
}

/** Brackets at the end of a bare value that were opened before it, so that `[pid=1]` stays in balance. */
function closersOf(value: string): string {
  if (new RegExp(`${MARK}$`).test(value)) return '';
  const closers = /[)\]}]{1,3}[.]?$/.exec(value)?.[0] ?? '';
  return /[([{]/.test(value) ? '' : closers;
}

/** Words may follow "bearer" and "basic" too; a value has digits, mixed case or length. */
function hideCredential(match: string, scheme: string, value: string): string {
  const isValue = /\d|[a-z][A-Z]|[=+/~*]/.test(value) || value.length >= 20;
  return isValue ? `${scheme} ${secret}` : match;
}

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi;

/** Tells random characters from long names by how often the kind of character changes: half the time in the first, rarely in the second. */
function hideRandom(match: string): string {
  const text = match.replace(UUID, '');
  const letters = text.replace(/[^A-Za-z0-9]/g, '');
  if (letters.length < 32) return match;
  const changes = text.match(/[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[A-Za-z])/g)?.length ?? 0;
  const hasAllKinds = /[a-z]/.test(text) && /[A-Z]/.test(text);
  return changes / letters.length >= (hasAllKinds ? 0.3 : 0.15) ? secret : match;
}

function hideIpv6(match: string, bracketed?: string, bare?: string): string {
  const text = bracketed ?? bare ?? '';
  const tail = bare === undefined || /::$/.test(text) ? '' : (/:$/.exec(text)?.[0] ?? '');
  const candidate = tail === '' ? text : text.slice(0, -1);
  const isAddress = /\d|^f[cde]/i.test(candidate) && [candidate, candidate.replace(/:\d{1,5}$/, '')].some((form) => isIPv6(form));
  return isAddress || match.startsWith('[::]:') ? `${address}${tail}` : match;
}

function hideIpv4(match: string): string {
  const octets = match.split(/[/:]/)[0].split('.');
  return octets.every((octet) => Number(octet) <= 255) ? address : match;
}

function hideLogin(match: string, user: string, _password: string, host: string, port?: string): string {
  const isMail = /^(?:mailto|e-?mail|mail|contact|to|from|cc|bcc|user|sender|recipient|owner|by|address|support)$/i.test(user);
  return isMail && port === undefined && isPublicHost(host) ? match : secret;
}

function hideUserAtHost(match: string, _quote: string, _otherQuote: string, host: string): string {
  const isTag = /^(?:latest|next|beta|alpha|canary|rc|stable|lts|dev|\d[\w.-]*)$/.test(host);
  return isTag || isPublicHost(host) ? match : address;
}

function isPublicHost(host: string): boolean {
  return !INNER_HOST.test(host) && /\.[A-Za-z]{2,}\.?$/.test(host);
}

function hideHostPort(match: string, host: string, port: string): string {
  const lastLabel = host.slice(host.lastIndexOf('.') + 1);
  if (NOT_A_HOST.test(lastLabel) || NOT_A_HOST.test(host) || DATA_FILE.test(host) || Number(port) > 65_535) return match;
  const isDomain = host.includes('.') && /^[A-Za-z]{2,}$/.test(lastLabel);
  if (isDomain) return address;
  if (host.includes('.')) return match;
  return port.length >= 4 || (port.length === 3 && /[\d-]/.test(host)) || ['80', '443'].includes(port) ? address : match;
}

function hideUnixPath(match: string, method: string | undefined, found: string): string {
  const tail = /[.:…]*$/.exec(found)?.[0] ?? '';
  const path = found.slice(0, found.length - tail.length);
  const isOnDisk = ROOTED.test(path) || DEEP.test(path) || (!ROUTE.test(path) && DISK_MARK.test(path));
  return CERTAIN_ROOT.test(path) || (method === undefined && isOnDisk) ? `${method ?? ''}[path]${tail}` : match;
}
