import { MARKS, type ScrubRule } from './scrub-rule.js';

/** What a process does or is: with these a number before them is its id, with other words in -s a count of things. */
const DOINGS =
  'was|has|is|does|its|this|as|us|always|exits|dies|crashes|waits|holds|blocks|owns|runs|listens|hangs|stops|starts|ends|fails|terminates|' +
  'finishes|quits|aborts|acquires|releases|requests|requires|needs|locks|uses|takes|keeps|gets|sends|receives|reads|writes|opens|closes|' +
  'returns|reports|throws|raises|panics|sleeps|spawns|forks|restarts|responds|times|still|leaks|exceeds|consumes|allocates|attempts|tries|' +
  'loses|serves|detects|accesses';

/** Processes, threads and workers by number. @internal */
export const PROCESS_RULES: readonly ScrubRule[] = [
  {
    name: 'lists of process ids',
    pattern: /\b(pids[:=]?\s?[[(]?|processes (?=\d{3}))\d+(?:,\s?\d+){0,50}(?:,?\s(?:and|or|&)\s\d+|,\s?\d+)/gi,
    replacement: `$1${MARKS.pid}`,
  },
  {
    name: 'process and thread ids',
    pattern:
      /(?<![A-Za-z0-9])((?:p?pids?|tid|nid|pgid|(?:process|thread|worker)[_ -]?id)(?:["']?\s?[:=#]\s?|\s(?:is )?))["']?(?:0x[\da-f]+|\d+)["']?|(?<=\] )\[\d{2,}\](?= \[)/gi,
    replacement: (_match, label = '') => `${label}${MARKS.pid}`,
  },
  {
    name: 'numbered processes',
    // "process 12 items" is a sentence; "process 12 was killed" and "process 12 waits" are not.
    pattern: new RegExp(String.raw`\b((?:sub)?process|thread)([ #:[]{1,2})\d+\b(?! (?!(?:${DOINGS})\b)[a-z]+s(?![\w[]))`, 'gi'),
    replacement: `$1$2${MARKS.pid}`,
  },
  {
    name: 'numbered children of a process',
    // Few workers are counted, "worker 3"; many digits are an id.
    pattern: new RegExp(String.raw`\b(worker|child|daemon|backend)([ #:[]{1,2})\d{3,10}\b(?! (?!(?:${DOINGS})\b)[a-z]+s(?![\w[]))`, 'gi'),
    replacement: `$1$2${MARKS.pid}`,
  },
  {
    name: 'numbered workers',
    pattern:
      /\b((?:Main|Fork|Spawn|Dummy)?(?:Thread|Process|PoolWorker|PoolExecutor)-)\d+(?:_\d+)?\b|\b(pool-|https?-nio-)\d+-(?:thread|exec)-\d+\b/g,
    replacement: (_match, worker = '', pool = '') => `${worker}${pool}${MARKS.pid}`,
  },
  { name: 'process ids in Chinese', pattern: /((?:进程|线程)(?:号|ID)?\s?[:：=]?\s?)\d+/gi, replacement: `$1${MARKS.pid}` },
];
