import type { FileType } from './file-type.js';
import { FILE_TYPES, SIGNED_TYPES } from './file-types.js';

/** What a sender says of a file. @internal */
export interface DeclaredFile {
  readonly declaredType: string;
  readonly filename: string | undefined;
}

/** Either what the file is, or why it is not let in: a sentence's end after the name of the field. @internal */
export type TypeVerdict = { readonly type: FileType } | { readonly refusal: string };

/** Declared where the sender knows nothing: the default of parts of a form is text/plain (RFC 7578, 4.4). */
const UNDECLARED: ReadonlySet<string> = new Set([
  '',
  'application/octet-stream',
  'binary/octet-stream',
  'text/plain',
  'multipart/form-data',
  '*/*',
]);

/**
 * Tells what a file is by its first bytes, and refuses what is not allowed, or what its sender's words contradict. Of kinds that are no
 * more than text the sender's words decide.
 * @param advice what to do instead, by media type
 * @internal
 */
export function checkType(
  head: Buffer,
  declared: DeclaredFile,
  allowed: readonly FileType[],
  advice: Readonly<Record<string, string>> = {},
): TypeVerdict {
  const claims = claimsOf(declared, allowed);
  const signed = [...allowed.filter((type) => !FILE_TYPES.includes(type)), ...SIGNED_TYPES].find((type) => type.matches(head));
  const found = signed ?? textType(head, claims, allowed);
  if (!found) return { refusal: `is of an unknown type${send(allowed)}` };
  if (!allowed.includes(found)) {
    const hint = advice[found.type];
    return { refusal: `is ${nameOf(found)}, which is not supported${hint ? `. ${hint}` : send(allowed)}` };
  }
  const contradicting = claims.find(({ type }) => type !== found);
  return contradicting ? { refusal: `holds ${nameOf(found)} although its ${contradicting.by} says otherwise` } : { type: found };
}

/** The same for a file without bytes, of which its sender's words are all there is. @internal */
export function checkClaims(declared: DeclaredFile, allowed: readonly FileType[]): string | undefined {
  const bad = claimsOf(declared, allowed).find(({ type }) => !type || !allowed.includes(type));
  return bad && `is, by its ${bad.by}, of a type that is not supported${send(allowed)}`;
}

interface Claim {
  readonly by: 'declared type' | 'name';
  /** `undefined` for a type that is not known. */
  readonly type: FileType | undefined;
}

/** What the declared type and the ending of the name say; an ending that is not known says nothing. */
function claimsOf({ declaredType, filename }: DeclaredFile, allowed: readonly FileType[]): readonly Claim[] {
  const known = [...allowed, ...FILE_TYPES];
  const claims: Claim[] = [];
  const declared = declaredType.split(';', 1)[0].trim().toLowerCase();
  if (!UNDECLARED.has(declared) && declared !== 'image/*') {
    claims.push({ by: 'declared type', type: known.find(({ type, aliases }) => type === declared || aliases?.includes(declared)) });
  }
  const extension = /\.([a-z0-9]{1,10})$/i.exec(filename?.trim() ?? '')?.[1].toLowerCase();
  const named = extension && known.find(({ extensions }) => extensions.includes(extension));
  if (named) claims.push({ by: 'name', type: named });
  return claims;
}

function textType(head: Buffer, claims: readonly Claim[], allowed: readonly FileType[]): FileType | undefined {
  const texts = allowed.filter((type) => !SIGNED_TYPES.includes(type) && type.matches(head));
  return texts.find((type) => claims.some((claim) => claim.type === type)) ?? texts[0];
}

const nameOf = ({ name, type }: FileType): string => name ?? type;

function send(allowed: readonly FileType[]): string {
  const names = allowed.map(nameOf);
  return `: send ${names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names[0]}`;
}
