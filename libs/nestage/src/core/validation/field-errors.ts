import type { ValidationError as BrokenRules } from 'class-validator';
import type { FieldError } from '../errors/service-errors.js';

/** Fields named at most: a body of a million bad items must not make an answer, or a log line, of megabytes. */
const MAX_FIELDS = 50;

/** class-validator's tree of broken rules, with values, as a list of fields with their paths, such as `messages[0].role`. @internal */
export function toFieldErrors(errors: readonly BrokenRules[]): FieldError[] {
  const fields: FieldError[] = [];
  collect(errors, '', fields);
  return fields;
}

/** One sentence for all of them: `messages[0].role must be a string; model must be a string`. @internal */
export function describeFields(fields: readonly FieldError[]): string {
  return fields.flatMap(({ field, messages }) => messages.map((message) => withPath(field, message))).join('; ');
}

/** Path of a key below a path: `[0]` for an index, `.key` for a name. @internal */
export function childPath(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`;
  return path ? `${path}.${key}` : key;
}

function collect(errors: readonly BrokenRules[], path: string, into: FieldError[]): void {
  for (const error of errors) {
    if (into.length >= MAX_FIELDS) return;
    const field = childPath(path, error.property);
    const isMissingArray = error.constraints?.['isArray'] !== undefined && !Array.isArray(error.value);
    if (error.constraints) into.push({ field, messages: messagesOf(error.constraints, isMissingArray) });
    if (error.children?.length && !isMissingArray) collect(error.children, field, into);
  }
}

/** Each text once. What should be an array and is none is told that alone: it has no items that anything could be wrong with. */
function messagesOf(constraints: Readonly<Record<string, string>>, isMissingArray: boolean): string[] {
  const told = Object.entries(constraints).filter(([rule, text]) => !(isMissingArray && isAboutItems(rule, text)));
  return [...new Set(told.map(([, text]) => text))];
}

/** By the names of class-validator's rules for arrays, and by what it puts before the text of a rule with `each`. */
const isAboutItems = (rule: string, text: string): boolean =>
  /^array[A-Z]|^nestedValidation$/.test(rule) || text.startsWith('each value in ');

/** class-validator's messages begin with the property's own name; the whole path says where it stands. */
function withPath(field: string, message: string): string {
  if (field === '') return `the body ${message}`;
  const own = /[^.[\]]+(?=\]?$)/.exec(field)?.[0] ?? field;
  return message.startsWith(`${own} `) ? `${field}${message.slice(own.length)}` : `${field}: ${message}`;
}
