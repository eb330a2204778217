/** A private member in the source of a class; quotes before it are those of texts. */
const PRIVATE_MEMBER = /(?<!["'`\w$])#[\p{ID_Start}$_]/u;

/**
 * Tells objects whose whole state is in their own fields from those that hide some of it: private members, native objects, symbols. The
 * former can be compared and copied field by field, the latter can't.
 * @internal
 */
export class PlainClasses {
  private readonly known = new WeakMap<object, boolean>();

  isPlain(value: object): boolean {
    if (Object.getOwnPropertySymbols(value).length > 0) return false;
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === null) return true;
    const known = this.known.get(prototype);
    if (known !== undefined) return known;
    const isPlain = hidesNothing(prototype);
    this.known.set(prototype, isPlain);
    return isPlain;
  }
}

/** The prototype at the end of the chain is that of all objects. */
function hidesNothing(prototype: object): boolean {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  if (parent === null) return true;
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof constructor !== 'function') return false;
  const source = Function.prototype.toString.call(constructor);
  return source.startsWith('class') && !PRIVATE_MEMBER.test(source) && hidesNothing(parent);
}
