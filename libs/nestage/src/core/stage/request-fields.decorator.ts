import { REQUEST_FIELDS } from './stage-metadata.js';

/** Where a field of the request DTO comes from, other than the body. @publicApi */
export interface RequestField {
  readonly property: string;
  readonly source: 'path' | 'query';
  /** Name of the path or query parameter. */
  readonly name: string;
  /** The property's declared type, which decides how the text is read. */
  readonly type: unknown;
}

/**
 * Takes a field of the request DTO from the path: `:id` of `/orders/:id`. Numbers and booleans are read from the text.
 * @param name the path parameter @default the property's name
 * @publicApi
 */
export const FromPath = (name?: string): PropertyDecorator => from('path', name);

/**
 * Takes a field of the request DTO from the query string. Numbers and booleans are read from the text; a repeated parameter of a
 * field declared as array gives all its values.
 * @param name the query parameter @default the property's name
 * @publicApi
 */
export const FromQuery = (name?: string): PropertyDecorator => from('query', name);

/** Fields of a DTO that do not come from the body, those of its parents included. @internal */
export function requestFieldsOf(dto: { readonly prototype: unknown }): readonly RequestField[] {
  return (Reflect.getMetadata(REQUEST_FIELDS, dto.prototype as object) as readonly RequestField[] | undefined) ?? [];
}

function from(source: 'path' | 'query', name?: string): PropertyDecorator {
  return (prototype, key) => {
    const property = String(key);
    const inherited = (Reflect.getMetadata(REQUEST_FIELDS, prototype) as readonly RequestField[] | undefined) ?? [];
    const field: RequestField = {
      property,
      source,
      name: name ?? property,
      type: Reflect.getMetadata('design:type', prototype, key) as unknown,
    };
    Reflect.defineMetadata(REQUEST_FIELDS, [...inherited.filter((other) => other.property !== property), field], prototype);
  };
}
