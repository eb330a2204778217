import type { StageRoute } from '../../core/discovery/stage-route.js';
import type { ErrorCode } from '../../core/errors/error-catalogue.js';
import { DtoSchemas } from '../../core/schema/dto-schemas.js';
import type { JsonSchema, ObjectSchema } from '../../core/schema/json-schema.js';
import { describeAnswers, type DescribedResponse, type DescribeTools } from './describe-answers.js';
import type { DeferralDescription, Deferrals } from '../deferrals.js';
import { operationIdOf } from './describe-route.js';
import { mergeSchemas } from './merge-schemas.js';

/** The parts of an API document that are read and written here; @nestjs/swagger has types for the whole. @internal */
export interface ApiDocument {
  paths: Record<string, Record<string, unknown>>;
  components?: { schemas?: Record<string, unknown>; securitySchemes?: Record<string, unknown> };
}

interface Operation {
  operationId?: string;
  parameters?: { name: string; in: string; schema?: JsonSchema }[];
  requestBody?: { content: Record<string, { schema?: JsonSchema; example?: unknown }> };
  responses: Record<string, DescribedResponse>;
  security?: readonly object[];
}

/** @internal */
export interface CompleteDocumentInit {
  readonly routes: readonly StageRoute[];
  readonly gateRefusals: readonly ErrorCode[];
  readonly deferrals: Pick<Deferrals, 'describe'>;
}

/**
 * Adds to a document what @nestjs/swagger can't see: the rules of DTOs, every answer of each route, examples, keys. What the user
 * described himself stands.
 * @internal
 */
export function completeDocument(document: ApiDocument, { routes, gateRefusals, deferrals }: CompleteDocumentInit): void {
  const named = new Map<string, JsonSchema>();
  const schemas = new DtoSchemas('openapi');
  const refTo: DescribeTools['refTo'] = ({ name, schema }) => {
    if (!named.has(name)) named.set(name, schema);
    return { $ref: `#/components/schemas/${name}` };
  };
  const byId = new Map(routes.map((route) => [operationIdOf(route), route]));
  const seen = new Map<string, number>();
  for (const operation of operationsOf(document)) {
    const id = operation.operationId ?? '';
    const route = byId.get(id);
    if (!route) continue;
    complete(operation, route, { schemas, refTo, gateRefusals });
    for (const description of deferrals.describe(route)) add(operation, description);
    // Of a route under several versions each is an operation of its own.
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    if (count > 1) operation.operationId = `${id}_${count}`;
  }
  const known = (document.components ??= {}).schemas ?? {};
  const ours = Object.entries(schemas.definitions).map(([name, schema]) => [
    name,
    mergeSchemas(schema, known[name] as ObjectSchema | undefined),
  ]);
  document.components.schemas = { ...known, ...Object.fromEntries(named), ...(Object.fromEntries(ours) as object) };
  if (gateRefusals.includes('unauthorized')) document.components.securitySchemes = { ...document.components.securitySchemes, key: KEY };
}

const KEY = { type: 'http', scheme: 'bearer', description: 'An API key of this service' };

function complete(operation: Operation, route: StageRoute, tools: DescribeTools): void {
  const plain = route.response ? tools.schemas.refTo(route.response)['$ref'] : undefined;
  const answers = Object.entries(describeAnswers(route, tools)).filter(([status]) => !isDescribed(operation.responses[status], plain));
  operation.responses = { ...operation.responses, ...Object.fromEntries(answers) };
  if (tools.gateRefusals.includes('unauthorized')) operation.security ??= [{ key: [] }];
  describeParameters(operation, route, tools.schemas);
  const content = route.method === 'GET' || route.method === 'DELETE' ? undefined : bodyOf(route, tools.schemas);
  if (content) operation.requestBody = { ...operation.requestBody, content };
}

/** What the user, or the route by itself, said of the same stands. */
function add(operation: Operation, { parameters, responses }: DeferralDescription): void {
  const known = operation.parameters ?? [];
  const isNew = (given: DeferralDescription['parameters'][number]): boolean =>
    !known.some((each) => each.in === given.in && each.name === given.name);
  operation.parameters = [...known, ...parameters.filter(isNew)];
  operation.responses = { ...responses, ...operation.responses };
}

/** Whether the user said something of an answer; a bare reference to the response DTO is what every route has by itself. */
function isDescribed(response: DescribedResponse | undefined, plain: unknown): boolean {
  const { description = '', content = {} } = response ?? {};
  return description !== '' || Object.values(content).some(({ schema }) => schema['$ref'] !== plain);
}

function describeParameters({ parameters = [] }: Operation, { request, requestFields }: StageRoute, schemas: DtoSchemas): void {
  if (!request) return;
  const { properties } = schemas.schemaOf(request);
  for (const { source, name, property } of requestFields) {
    const parameter = parameters.find((each) => each.in === source && each.name === name);
    if (parameter) parameter.schema = mergeSchemas(properties[property] ?? {}, parameter.schema);
  }
}

function bodyOf({ body, request, options }: StageRoute, schemas: DtoSchemas): NonNullable<Operation['requestBody']>['content'] {
  if (body.describe) {
    const [first, ...others] = body.mediaTypes;
    const alone = others.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]);
    return { [first]: { schema: body.describe(request) as JsonSchema }, ...(Object.fromEntries(alone) as object) };
  }
  const schema = request ? schemas.refTo(request) : {};
  const example = options.example ?? exampleOf(request ? schemas.bodyOf(request) : undefined);
  return { 'application/json': { schema, ...(example !== undefined && { example }) } };
}

/** An example of the whole, where each field that must be given has one of its own. */
function exampleOf({ properties = {}, required = [], example }: Partial<ObjectSchema> = {}): unknown {
  if (example !== undefined) return example;
  const examples = Object.entries(properties).filter(([, property]) => property['example'] !== undefined);
  const told = Object.fromEntries(examples.map(([name, property]) => [name, property['example']]));
  return examples.length > 0 && required.every((name) => name in told) ? told : undefined;
}

function operationsOf(document: ApiDocument): readonly Operation[] {
  const all = Object.values(document.paths).flatMap((path) => Object.values(path));
  return all.filter((each): each is Operation => typeof each === 'object' && each !== null && 'responses' in each);
}
