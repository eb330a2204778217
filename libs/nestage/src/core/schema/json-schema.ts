/** A JSON schema, or an OpenAPI schema, as a plain object. @publicApi */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema of an object, with its fields. @publicApi */
export interface ObjectSchema extends JsonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}
