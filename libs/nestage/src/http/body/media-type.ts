/**
 * Whether a Content-Type or one entry of Accept is covered by a media type, in which `*` stands for any run of characters.
 * Parameters (`; charset=utf-8`) do not count.
 * @internal
 */
export function matchesMediaType(given: string, pattern: string): boolean {
  if (given === pattern) return true; // as nearly all clients write it
  const type = given.split(';', 1)[0].trim().toLowerCase();
  const wanted = pattern.toLowerCase();
  if (type === wanted) return true;
  const star = wanted.indexOf('*');
  if (star < 0) return false;
  const [head, tail] = [wanted.slice(0, star), wanted.slice(star + 1)];
  return type.length > head.length + tail.length && type.startsWith(head) && type.endsWith(tail);
}

/**
 * Whether a client that sent this Accept header can take any of the given media types.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept
 * @internal
 */
export function isAcceptable(accept: string | undefined, produces: readonly string[]): boolean {
  if (!accept || accept.includes('*/*')) return true;
  const wanted = accept.split(',').filter((entry) => !/;\s*q=0(?:\.0+)?\s*(?:;|$)/i.test(entry));
  return wanted.some((entry) => {
    const type = entry.split(';', 1)[0].trim();
    return produces.some((produced) => matchesMediaType(produced, type) || matchesMediaType(type, produced));
  });
}
