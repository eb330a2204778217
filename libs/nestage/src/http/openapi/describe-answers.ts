import { types } from 'node:util';
import { ERROR_CATALOGUE, type ErrorCode } from '../../core/errors/error-catalogue.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { jsonProtocol } from '../../core/protocol/json.protocol.js';
import type { NamedSchema, ProtocolDescription } from '../../core/protocol/route-protocol.js';
import type { DtoSchemas } from '../../core/schema/dto-schemas.js';
import type { JsonSchema } from '../../core/schema/json-schema.js';

/** What the description of a route is made with. @internal */
export interface DescribeTools {
  readonly schemas: DtoSchemas;
  /** Makes a schema a component of the document. @returns a reference to it */
  readonly refTo: (named: NamedSchema) => JsonSchema;
  /** Codes that requests are refused with before they reach their route. */
  readonly gateRefusals: readonly ErrorCode[];
}

/** An OpenAPI response object. @internal */
export interface DescribedResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

const STREAM_TYPES = ['text/event-stream', 'application/x-ndjson'] as const;
const LOG_ID = { logid: { description: 'Id of the request in the log', schema: { type: 'string' } } };
const RETRY_AFTER = { 'Retry-After': { description: 'Seconds to wait before the next try', schema: { type: 'integer' } } };

const OF_BODIES: readonly ErrorCode[] = ['body_too_large', 'unsupported_media_type', 'unsupported_encoding', 'empty_body'];
const OF_FILES: readonly ErrorCode[] = [
  'invalid_form',
  'missing_file',
  'too_many_files',
  'empty_file',
  'file_too_large',
  'unsupported_file',
  'corrupt_file',
];
const OF_ALL: readonly ErrorCode[] = [
  'invalid_request',
  'business_error',
  'not_ready',
  'shutting_down',
  'overloaded',
  'breaker_open',
  'deadline_exceeded',
  'model_error',
  'model_timeout',
  'model_overloaded',
  'processing_error',
  'invalid_response',
  'system_error',
  'internal_error',
  'fatal_error',
];

/**
 * Every answer that a route can give, by status: its result, and its errors by tier.
 * @internal
 */
export function describeAnswers(route: StageRoute, tools: DescribeTools): Readonly<Record<string, DescribedResponse>> {
  const description = (route.protocol.describe ?? describeJson)();
  return { [route.status]: result(route, description, tools), ...errors(route, description, tools) };
}

const describeJson = (): ProtocolDescription => jsonProtocol.describe?.() as ProtocolDescription;

function result(route: StageRoute, { value, item }: ProtocolDescription, { schemas, refTo }: DescribeTools): DescribedResponse {
  const declared = route.response ? schemas.refTo(route.response) : {};
  const event = item ? refTo(item) : declared;
  const content = mediaTypesOf(route, item !== undefined).map((type) => [
    type,
    { schema: schemaFor(type, value ? refTo(value) : declared, event) },
  ]);
  return {
    description: `The result of ${route.name}`,
    headers: LOG_ID,
    content: Object.fromEntries(content) as DescribedResponse['content'],
  };
}

function schemaFor(mediaType: string, value: JsonSchema, event: JsonSchema): JsonSchema {
  if (isStream(mediaType))
    return { type: 'string', description: 'Events, each with JSON of the schema in x-item-schema', 'x-item-schema': event };
  return mediaType === 'application/json' ? value : { type: 'string', format: 'binary' };
}

/** Which of the media types that a route may give it does give, as far as its code tells. */
function mediaTypesOf({ options, handler, protocol }: StageRoute, canStream: boolean): readonly string[] {
  if (options.produces) return options.produces;
  if (canStream) return ['application/json', STREAM_TYPES[0]];
  const { run } = handler.prototype as { readonly run: object };
  return types.isGeneratorFunction(run) && protocol.name === jsonProtocol.name ? STREAM_TYPES : ['application/json'];
}

const isStream = (mediaType: string): boolean => mediaType === STREAM_TYPES[0] || mediaType.includes('ndjson');

function errors(route: StageRoute, { error }: ProtocolDescription, tools: DescribeTools): Readonly<Record<string, DescribedResponse>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codesOf(route, tools)) {
    const status = code === 'invalid_request' ? route.validationStatus : ERROR_CATALOGUE[code].status;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { 'application/json': { schema: tools.refTo(error) } };
  const described = [...byStatus].map(([status, codes]) => [
    status,
    { description: codes.join(', '), headers: { ...LOG_ID, ...(codes.some(isRetryable) && RETRY_AFTER) }, content },
  ]);
  return Object.fromEntries(described) as Readonly<Record<string, DescribedResponse>>;
}

function codesOf({ method, body, protocol }: StageRoute, { gateRefusals }: DescribeTools): readonly ErrorCode[] {
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const bodyCodes = hasBody ? [...OF_BODIES, ...(body.read ? OF_FILES : (['invalid_json'] as const))] : [];
  return [...gateRefusals, ...(protocol.ignoresAccept ? [] : (['not_acceptable'] as const)), ...bodyCodes, ...OF_ALL];
}

const isRetryable = (code: ErrorCode): boolean => ERROR_CATALOGUE[code].retryable;
