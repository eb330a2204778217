/** Whether a file begins with one of these signatures, written as Latin-1, `offset` bytes from its start. @internal */
export const begins =
  (signatures: readonly string[], offset = 0) =>
  (head: Buffer): boolean =>
    signatures.some((signature) => head.toString('latin1', offset, offset + signature.length) === signature);

/** RIFF files name their form eight bytes from the start. @internal */
export const riff =
  (form: string) =>
  (head: Buffer): boolean =>
    begins(['RIFF'])(head) && begins([form], 8)(head);

/** ISO base media files name their major brand and compatible ones in the `ftyp` box: ISO/IEC 14496-12, 4.3. @internal */
export const brand =
  (brands: readonly string[]) =>
  (head: Buffer): boolean => {
    if (head.length < 12 || !begins(['ftyp'], 4)(head)) return false;
    const end = Math.min(head.readUInt32BE(0), head.length);
    for (let at = 8; at + 4 <= end; at += at === 8 ? 8 : 4) {
      if (brands.includes(head.toString('latin1', at, at + 4))) return true; // the four bytes after the major brand are its version
    }
    return false;
  };

/** UTF-8 without control characters; the last character may be cut. @internal */
export function isText(head: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch {
    return false; // not UTF-8
  }
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return !/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(head.toString('latin1'));
}

/** Text that begins with a tag, after an optional byte order mark. @internal */
export const isMarkup = (head: Buffer): boolean => /^(?:\xef\xbb\xbf)?\s*</.test(head.toString('latin1'));
