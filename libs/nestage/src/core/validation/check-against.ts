import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { isRecord } from '../../common/type-guards.js';
import type { FieldError } from '../errors/service-errors.js';
import { toFieldErrors } from './field-errors.js';
import { findMisplacedArrays } from './find-misplaced-arrays.js';
import { isWholeValue } from './whole-value.js';

/** What happens to keys that the DTO does not declare: dropped, left in place, or an error each. @internal */
export type UndeclaredFields = 'drop' | 'keep' | 'refuse';

/** Either the instance, or what is wrong with it. @internal */
export type CheckResult =
  { readonly instance: object; readonly errors?: undefined } | { readonly instance?: undefined; readonly errors: readonly FieldError[] };

/**
 * Makes an instance of a DTO from a plain value and checks it by its class-validator decorators.
 * An instance of the DTO (from a pipe before us) is checked as it is.
 * @internal
 */
export async function checkAgainst(dto: Type, value: unknown, undeclared: UndeclaredFields): Promise<CheckResult> {
  if (!isRecord(value)) return { errors: [{ field: '', messages: [`must be an object, got ${nameOf(value)}`] }] };
  const instance = value instanceof dto ? (value as object) : toInstance(dto, value);
  if (typeof instance === 'string') return { errors: [{ field: '', messages: [instance] }] };
  const misplaced = findMisplacedArrays(instance);
  if (misplaced.length > 0) return { errors: misplaced };
  const broken = await validate(instance, {
    whitelist: undeclared !== 'keep',
    forbidNonWhitelisted: undeclared === 'refuse',
    forbidUnknownValues: false,
    validationError: { target: false },
  });
  return broken.length > 0 ? { errors: toFieldErrors(broken) } : { instance };
}

/** @returns what is wrong, for a value that class-transformer breaks at: it takes a key `constructor` for the class, and it recurses */
function toInstance(dto: Type, value: Readonly<Record<string, unknown>>): object | string {
  try {
    return transformed(dto, value);
  } catch (error) {
    if (error instanceof RangeError) return 'is nested too deeply';
    if (error instanceof TypeError && JSON.stringify(value).includes('"constructor":'))
      return 'must not hold an object with a key "constructor"';
    throw error;
  }
}

/** What class-transformer would copy field by field, and so break, is handed on as it is. */
function transformed(dto: Type, value: Readonly<Record<string, unknown>>): object {
  const whole = Object.entries(value).filter(([, each]) => isWholeValue(each));
  if (whole.length === 0) return plainToInstance(dto, value) as object;
  const rest = Object.fromEntries(Object.entries(value).filter(([, each]) => !isWholeValue(each)));
  return Object.assign(plainToInstance(dto, rest) as object, Object.fromEntries(whole));
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
