import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { isRecord } from '../../common/type-guards.js';
import type { FieldError } from '../errors/service-errors.js';
import { toFieldErrors } from './field-errors.js';
import { findMisplacedArrays } from './find-misplaced-arrays.js';

/** What happens to keys that the DTO does not declare: dropped, left in place, or an error each. @internal */
export type UndeclaredFields = 'drop' | 'keep' | 'refuse';

/** Either the instance, or what is wrong with it. @internal */
export type CheckResult = { readonly instance: object; readonly errors?: undefined } | { readonly errors: readonly FieldError[] };

/**
 * Makes an instance of a DTO from a plain value and checks it by its class-validator decorators.
 * An instance of the DTO (from a pipe before us) is checked as it is.
 * @internal
 */
export async function checkAgainst(dto: Type, value: unknown, undeclared: UndeclaredFields): Promise<CheckResult> {
  if (!isRecord(value)) return { errors: [{ field: '', messages: [`must be an object, got ${nameOf(value)}`] }] };
  const instance = value instanceof dto ? (value as object) : (plainToInstance(dto, value) as object);
  const misplaced = findMisplacedArrays(instance);
  if (misplaced.length > 0) return { errors: misplaced };
  const broken = await validate(instance, {
    whitelist: undeclared !== 'keep',
    forbidNonWhitelisted: undeclared === 'refuse',
    forbidUnknownValues: false,
    validationError: { target: false, value: false },
  });
  return broken.length > 0 ? { errors: toFieldErrors(broken) } : { instance };
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
