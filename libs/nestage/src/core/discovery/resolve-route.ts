import type { Type } from '@nestjs/common';
import { checkOptions, integer, object, oneOf, type OptionCheck, array, either, typed } from '../../common/option-checks.js';
import { megabytes } from '../../common/size.js';
import { withoutAbsent } from '../../common/without-absent.js';
import type { StageHandlerDefaults } from '../options/web-service.options.js';
import { type BodyFormat, jsonBody } from '../protocol/body-format.js';
import { jsonProtocol } from '../protocol/json.protocol.js';
import { STAGE_METHODS, type StageHandlerOptions } from '../stage/stage-handler.options.js';
import { requestFieldsOf } from '../stage/request-fields.decorator.js';
import { inferredDto, type StageDeclaration } from '../stage/stage-metadata.js';
import { hasBadWildcard } from './path-wildcard.js';
import { routeLabel, type StageRoute } from './stage-route.js';

const dto: OptionCheck = typed('function');

/** Rules for the options that core itself understands. @internal */
export const STAGE_HANDLER_CHECKS: Readonly<Record<string, OptionCheck>> = {
  request: either({ ...dto, describe: 'a DTO class' }, oneOf(false)),
  response: { ...dto, describe: 'a DTO class' },
  example: { describe: 'a body', accepts: (value) => value !== undefined },
  method: oneOf(...STAGE_METHODS),
  version: either(typed('string'), array),
  name: typed('string'),
  status: integer(200, 299),
  validationStatus: oneOf(400, 422),
  unknownFields: oneOf('ignore', 'keep', 'refuse'),
  undeclaredResponseFields: oneOf('strip', 'keep', 'refuse'),
  maxBodyBytes: integer(1),
  produces: array,
  body: object,
  upload: {
    describe: 'what images() or files() of nestage/uploads gives',
    accepts: (value) => typeof (value as BodyFormat | null)?.read === 'function',
  },
  protocol: object,
};

/** Media types that a reply may have when the handler does not say. */
const DEFAULT_PRODUCES = [
  'application/json',
  'text/event-stream',
  'application/x-ndjson',
  'application/ndjson',
  'application/octet-stream',
] as const;

/**
 * One declared path with module defaults filled in below the handler's own options.
 * @throws Error naming class, path and remedy
 * @internal
 */
export function resolveRoute(handler: Type, { path, options: own }: StageDeclaration, defaults: StageHandlerDefaults): StageRoute {
  const options: StageHandlerOptions = { ...withoutAbsent(defaults), ...withoutAbsent(own) };
  checkOptions(known(defaults), STAGE_HANDLER_CHECKS, 'WebServiceModule.forRoot()', 'defaults.');
  checkOptions(known(own), STAGE_HANDLER_CHECKS, `@StageHandler('${path}') of ${handler.name}`);
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new Error(`${routeLabel(handler, path)}: the path must begin with "/", such as '/v1/${handler.name.toLowerCase()}'.`);
  }
  if (hasBadWildcard(path)) {
    throw new Error(`${routeLabel(handler, path)}: a wildcard must be the last segment, such as '/files/*path'.`);
  }
  const isRunElsewhere = 'worker' in options; // the room of worker threads says whether it can
  if (!isRunElsewhere && typeof (handler.prototype as { run?: unknown }).run !== 'function') {
    throw new Error(`${routeLabel(handler, path)} has no run(): give the class a method run(input, context).`);
  }
  if (own.body && own.upload) {
    throw new Error(`${routeLabel(handler, path)} gives both "body" and "upload", which mean the same: keep one of them.`);
  }
  const protocol = options.protocol ?? jsonProtocol;
  const fault = protocol.handlerFault?.(handler);
  if (fault !== undefined) throw new Error(`${routeLabel(handler, path)} ${fault}`);
  const body = own.upload ?? own.body ?? options.upload ?? options.body ?? jsonBody;
  const request = requestDto(handler, path, options, body.request ?? protocol.request);
  // Where nothing is dropped, a field needs no rule.
  const requestFault = request && options.unknownFields !== 'keep' ? body.requestFault?.(request) : undefined;
  if (requestFault !== undefined) throw new Error(`${routeLabel(handler, path)} ${requestFault}`);
  return {
    path,
    options,
    handler,
    protocol,
    name: options.name ?? handler.name,
    method: options.method ?? 'POST',
    request,
    requestFields: request ? requestFieldsOf(request) : [],
    response: options.response ?? inferredDto(handler, 'postProcess'),
    body,
    status: options.status ?? 200,
    validationStatus: options.validationStatus ?? 400,
    unknownFields: options.unknownFields ?? 'ignore',
    undeclaredResponseFields: options.undeclaredResponseFields ?? 'strip',
    maxBodyBytes: own.maxBodyBytes ?? body.maxBytes ?? options.maxBodyBytes ?? megabytes(1),
    produces: options.produces ?? DEFAULT_PRODUCES,
  };
}

function requestDto(handler: Type, path: string, { request }: StageHandlerOptions, ofFormat?: Type): Type | undefined {
  if (request === false) return undefined;
  const found = request ?? inferredDto(handler, 'preProcess') ?? ofFormat;
  if (found) return found;
  throw new Error(
    `${routeLabel(handler, path)} has no request DTO: give { request: SomeDto } to @StageHandler, ` +
      `put @InferDto() on preProcess(request: SomeDto), or say { request: false } to take bodies unvalidated.`,
  );
}

/** Options of rooms are checked when every room has claimed its own. */
function known(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([key]) => Object.hasOwn(STAGE_HANDLER_CHECKS, key)));
}
