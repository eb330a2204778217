import type { Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { requestFieldsOf } from '../core/stage/request-fields.decorator.js';
import type { ResolvedUploadOptions } from './uploads.options.js';

const TYPES = new Map<unknown, object>([
  [Number, { type: 'number' }],
  [Boolean, { type: 'boolean' }],
  [Array, { type: 'array', items: { type: 'string' } }],
]);
const FILE = { type: 'string', format: 'binary' };

/**
 * A form in the API document: its files, and the other fields of the DTO by their declared types.
 * @internal
 */
export function describeForm(request: Type | undefined, { field, maxFiles }: ResolvedUploadOptions): object {
  const rules = request ? getMetadataStorage().getTargetValidationMetadatas(request, '', false, false) : [];
  const elsewhere = new Set(request ? requestFieldsOf(request).map(({ property }) => property) : []);
  const names = [...new Set(rules.map(({ propertyName }) => propertyName))].filter((name) => name !== field && !elsewhere.has(name));
  const optional = new Set(rules.filter(({ type }) => type === 'conditionalValidation').map(({ propertyName }) => propertyName));
  const typeOf = (name: string): unknown => Reflect.getMetadata('design:type', request?.prototype as object, name);
  const properties = names.map((name) => [name, TYPES.get(typeOf(name)) ?? { type: 'string' }]);
  return {
    type: 'object',
    required: [field, ...names.filter((name) => !optional.has(name))],
    properties: {
      [field]: maxFiles === 1 ? FILE : { type: 'array', items: FILE, maxItems: maxFiles },
      ...(Object.fromEntries(properties) as object),
    },
  };
}
