import type { Type } from '@nestjs/common';
import { DtoSchemas } from '../core/schema/dto-schemas.js';
import type { ResolvedUploadOptions } from './uploads.options.js';

const FILE = { type: 'string', format: 'binary' };

/**
 * A form in the API document: its files, and the other fields of the DTO by their rules.
 * @internal
 */
export function describeForm(request: Type | undefined, { field, maxFiles }: ResolvedUploadOptions): object {
  const { properties = {}, required = [] } = request ? new DtoSchemas('openapi').bodyOf(request) : {};
  return {
    type: 'object',
    required: [field, ...required.filter((name) => name !== field)],
    properties: { ...properties, [field]: maxFiles === 1 ? FILE : { type: 'array', items: FILE, maxItems: maxFiles } },
  };
}
