/** Tells whether a path belongs to a pattern. @internal */
export type PathMatcher = (path: string) => boolean;

/** Any number of segments, none included. */
const ANY = '**';

/** Whether a text is a pattern that `compilePathPattern` takes. @internal */
export function isPathPattern(pattern: unknown): boolean {
  if (typeof pattern !== 'string' || !pattern.startsWith('/')) return false;
  return segmentsOf(pattern).every((segment) => segment === ANY || segment.split('*').length <= 2);
}

/**
 * Compiles a pattern of paths: `*` stands for any characters within one segment, `**` for any number of whole segments, none included, so
 * that `/v1/**` covers `/v1`, `/v1/chat` and all below. Letter case counts. Takes time in proportion to the path, whatever the pattern.
 * @internal
 */
export function compilePathPattern(pattern: string): PathMatcher {
  const parts = segmentsOf(pattern).map((segment) => (segment === ANY ? undefined : compileSegment(segment)));
  return (path) => path.startsWith('/') && matchSegments(parts, segmentsOf(path));
}

const segmentsOf = (path: string): string[] => path.split('/').slice(1);

function compileSegment(segment: string): PathMatcher {
  const star = segment.indexOf('*');
  if (star < 0) return (text) => text === segment;
  const [head, tail] = [segment.slice(0, star), segment.slice(star + 1)];
  return (text) => text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}

/** Each `**` takes as little as it can; when what follows fails, the last one takes one segment more. */
function matchSegments(parts: readonly (PathMatcher | undefined)[], segments: readonly string[]): boolean {
  let [part, segment] = [0, 0];
  let [lastAny, takenUpTo] = [-1, 0];
  while (segment < segments.length) {
    const matcher = parts[part];
    if (matcher?.(segments[segment])) {
      part++;
      segment++;
    } else if (!matcher && part < parts.length) {
      lastAny = part++;
      takenUpTo = segment;
    } else if (lastAny >= 0) {
      part = lastAny + 1;
      segment = ++takenUpTo;
    } else return false;
  }
  return parts.slice(part).every((matcher) => !matcher);
}
