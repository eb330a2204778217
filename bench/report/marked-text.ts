/**
 * Puts text between `<!-- name -->` and `<!-- /name -->`, in place of what stood there.
 * @throws Error when the page has no such place
 */
export function replaceMarked(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no "${begin}" with a "${end}" after it`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** Names of the places that begin so. */
export function markedNames(page: string, prefix: string): string[] {
  return [...page.matchAll(/<!-- ([\w:-]+) -->/g)].map(([, name]) => name).filter((name) => name.startsWith(prefix));
}
