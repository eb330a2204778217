import { getMetadataStorage } from 'class-validator';
import { isRecord } from '../../common/type-guards.js';
import type { FieldError } from '../errors/service-errors.js';
import { childPath } from './field-errors.js';

const MAX_DEPTH = 64;

/**
 * Arrays that stand where a nested DTO is due. class-validator 0.15 accepts them: `messages: [[]]` passes `@ValidateNested({ each: true })`,
 * and a single nested object may be given as an array; handlers would then meet arrays where their types say objects.
 *
 * @param instance what class-transformer made of the body
 * @internal
 */
export function findMisplacedArrays(instance: object, path = '', depth = 0): FieldError[] {
  if (depth > MAX_DEPTH) return [{ field: path, messages: ['is nested too deeply'] }];
  const rules = getMetadataStorage().getTargetValidationMetadatas(instance.constructor, '', false, false);
  const nested = rules.filter(({ type }) => type === 'nestedValidation');
  return nested.flatMap((rule) => {
    const value = (instance as Record<string, unknown>)[rule.propertyName];
    const field = childPath(path, rule.propertyName);
    const allowsList = rule.each || Reflect.getMetadata('design:type', instance, rule.propertyName) === Array;
    if (!Array.isArray(value)) return descend(value, field, depth);
    if (!allowsList) return [misplaced(field)];
    return value.flatMap((item: unknown, index) => {
      const itemField = childPath(field, String(index));
      return Array.isArray(item) ? [misplaced(itemField)] : descend(item, itemField, depth);
    });
  });
}

function descend(value: unknown, field: string, depth: number): FieldError[] {
  return isRecord(value) && value.constructor !== Object ? findMisplacedArrays(value, field, depth + 1) : [];
}

const misplaced = (field: string): FieldError => ({ field, messages: ['must be an object, not an array'] });
