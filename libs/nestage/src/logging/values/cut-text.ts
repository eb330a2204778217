/**
 * The first `maxLength` characters, and how many there were if that is not all. Never splits a surrogate pair.
 * @internal
 */
export function cutText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${headOf(text, maxLength)}...(${text.length} characters)`;
}

/** At most `length` characters of a text, one less where that would split a surrogate pair. @internal */
export function headOf(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
