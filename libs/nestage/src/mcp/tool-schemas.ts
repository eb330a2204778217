import { DtoSchemas } from '../core/schema/dto-schemas.js';
import type { JsonSchema, ObjectSchema } from '../core/schema/json-schema.js';
import type { StageRoute } from '../core/discovery/stage-route.js';

/** A file among the arguments of a tool. */
const FILE: JsonSchema = {
  type: 'object',
  properties: {
    data: { type: 'string', contentEncoding: 'base64', description: 'The bytes of the file, as base64' },
    mimeType: { type: 'string', description: 'Media type of the file' },
    filename: { type: 'string', description: 'Name of the file' },
  },
  required: ['data'],
};

/** Names of the fields that hold files, as the body format of a route describes itself. @internal */
export function fileFieldsOf({ body, request }: StageRoute): ReadonlySet<string> {
  return new Set(Object.keys(fileSchemas(body.describe?.(request))));
}

/** What a tool is given: every field of the request DTO, wherever it stands in the handler's own requests. @internal */
export function inputSchemaOf(route: StageRoute): ObjectSchema {
  const { request, body, protocol } = route;
  if (!request) return { type: 'object', properties: {}, additionalProperties: true };
  const schemas = new DtoSchemas('json-schema');
  const { properties, required = [], ...rest } = schemas.schemaOf(request);
  const form = body.describe?.(request);
  const files = fileSchemas(form);
  const omitted = new Set(protocol.plainForm?.withoutFields);
  const fields = Object.entries({ ...properties, ...files }).filter(([name]) => !omitted.has(name));
  const asked = [...required, ...requiredOf(form).filter((name) => name in files)];
  const needed = [...new Set(asked)].filter((name) => !omitted.has(name));
  return complete(
    { ...rest, type: 'object', properties: Object.fromEntries(fields), ...(needed.length > 0 && { required: needed }) },
    schemas,
  );
}

/** What a tool gives, where that is an object of one class. @internal */
export function outputSchemaOf({ response, handler, protocol, options }: StageRoute): ObjectSchema | undefined {
  const { run } = handler.prototype as { readonly run?: unknown };
  const isStream = Object.prototype.toString.call(run) === '[object AsyncGeneratorFunction]';
  if (!response || protocol.plainForm || !(options.mcp?.structured ?? !isStream)) return undefined;
  const schemas = new DtoSchemas('json-schema');
  return complete(schemas.schemaOf(response), schemas);
}

/** Definitions are there when all of the schema has been described, not before. */
function complete(schema: ObjectSchema, { definitions }: DtoSchemas): ObjectSchema {
  return { ...schema, ...(Object.keys(definitions).length > 0 && { $defs: definitions }) };
}

function fileSchemas(form: object | undefined): Readonly<Record<string, JsonSchema>> {
  const { properties = {} } = (form ?? {}) as Partial<ObjectSchema>;
  const files = Object.entries(properties).flatMap(([name, schema]): [string, JsonSchema][] => {
    if (schema.format === 'binary') return [[name, FILE]];
    const isList = (schema.items as JsonSchema | undefined)?.format === 'binary';
    return isList ? [[name, { ...schema, items: FILE }]] : [];
  });
  return Object.fromEntries(files);
}

const requiredOf = (form: object | undefined): readonly string[] => ((form ?? {}) as Partial<ObjectSchema>).required ?? [];
