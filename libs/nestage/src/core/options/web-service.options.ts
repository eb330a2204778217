import { tmpdir } from 'node:os';
import type { CanActivate, Type } from '@nestjs/common';
import { array, checkOptions, integer, object, oneOf, type OptionCheck, OptionError, typed } from '../../common/option-checks.js';
import { megabytes } from '../../common/size.js';
import { seconds } from '../../common/duration.js';
import { LOCALES, type Locale } from '../errors/error-texts.js';
import type { HealthCheckSource } from '../health/health-check.js';
import type { ResourceSamplerOptions } from '../resources/resource-sampler.js';
import type { StageHandlerOptions } from '../stage/stage-handler.options.js';

/** Options that all handlers share unless they say otherwise. @publicApi */
export type StageHandlerDefaults = Omit<
  StageHandlerOptions,
  'request' | 'response' | 'method' | 'version' | 'name' | 'upload' | 'batch' | 'worker'
>;

/** A route that the service brings along: its path, or `false` for none. @publicApi */
export type BuiltInRoute = { readonly path: string } | false;

/** @publicApi */
export interface HealthOptions {
  /** Path of the whole report; `live` and `ready` stand below it. @default { path: '/health' } */
  readonly route?: BuiltInRoute;
  /** Further checks: a database, a disk, a queue. */
  readonly checks?: readonly HealthCheckSource[];
  /** Longest time one check may take. @default 3000 */
  readonly deadlineMs?: number;
  /** How long a report is given again without asking anew. @default 1000 */
  readonly cacheMs?: number;
}

/** Where the routes for operators are reached, and who may see details there. @publicApi */
export interface ManagementOptions {
  /** Serves the built-in routes on a listener of their own, and on no other. */
  readonly port?: number;
  /** Address of that listener, which needs a port. @default '127.0.0.1' */
  readonly host?: string;
  /** All must let a request pass before it is shown details (health checks by name, statistics) on a public address. */
  readonly guards?: readonly Type<CanActivate>[];
}

/** Options of `WebServiceModule.forRoot()`. Rooms that add a capability add their options here. @publicApi */
export interface WebServiceOptions {
  /** Name of the service in `/health` and the API document. @default 'nestage' */
  readonly service?: string;
  /** Name of the model in `/health`. @default names of the models and handlers */
  readonly model?: string;
  /** Options for all handlers; a handler's own win, field by field. */
  readonly defaults?: StageHandlerDefaults;
  /** Language of the texts that stand for hidden errors. @default 'en' */
  readonly locale?: Locale;
  /**
   * Also answers 404, 405 and body errors of the whole app, errors of ordinary controllers, and carries Nest's own log lines.
   * @default false; true under `startWebService`
   */
  readonly takeOver?: boolean;
  /**
   * What a failed `initialize` means. 'exit': the service never becomes ready, and under `startWebService` the process ends with
   * code 1. 'degrade': the other routes serve, this one answers 503 and is tried again with backoff.
   * @default 'exit'
   */
  readonly onInitializeError?: 'exit' | 'degrade';
  /**
   * Whether good values pass a check that is compiled from the decorators, with class-validator for every refusal and doubt.
   * `false` leaves all to class-transformer and class-validator. @default true
   */
  readonly compiledValidation?: boolean;
  /** Bytes of bodies held at once over all requests; more is answered with 503. @default 256 MB */
  readonly maxBodyBytesInFlight?: number;
  /**
   * Where uploads that are too large for memory are kept while their requests last; where that is itself in memory (a tmpfs), name another.
   * @default the system's folder for temporary files
   */
  readonly temporaryFolder?: string;
  /** How long requests in flight may go on at shutdown before their signals fire. @default 10 000 */
  readonly shutdownGraceMs?: number;
  readonly health?: HealthOptions;
  readonly management?: ManagementOptions;
  /** How CPU, memory and GPU are sampled. */
  readonly resources?: ResourceSamplerOptions;
}

/** Options of the service with every default filled. @internal */
export interface ResolvedWebServiceOptions extends WebServiceOptions {
  readonly service: string;
  readonly defaults: StageHandlerDefaults;
  readonly locale: Locale;
  readonly takeOver: boolean;
  readonly onInitializeError: 'exit' | 'degrade';
  readonly compiledValidation: boolean;
  readonly maxBodyBytesInFlight: number;
  readonly temporaryFolder: string;
  readonly shutdownGraceMs: number;
  readonly health: Required<HealthOptions>;
  readonly management: ManagementOptions & { readonly host: string };
}

/** DI token of the options with defaults filled. @internal */
export const RESOLVED_OPTIONS = Symbol('nestage:resolved-options');

/** DI token of what `startWebService` sets below the options as given. @internal */
export const START_OPTIONS = Symbol('nestage:start-options');

/** DI token of the options as given. @internal */
export const WEB_SERVICE_OPTIONS = Symbol('nestage:web-service-options');

const PLACE = 'WebServiceModule.forRoot()';
const route: OptionCheck = {
  describe: '{ path } with a leading slash, or false',
  accepts: (value) => value === false || /^\/./.test(String((value as { path?: unknown } | null)?.path)),
};

/** Rules for the options of the service itself; rooms bring the rules of theirs. @internal */
export const WEB_SERVICE_CHECKS: Readonly<Record<string, OptionCheck>> = {
  service: typed('string'),
  model: typed('string'),
  defaults: object,
  locale: oneOf(...LOCALES),
  takeOver: typed('boolean'),
  onInitializeError: oneOf('exit', 'degrade'),
  compiledValidation: typed('boolean'),
  maxBodyBytesInFlight: integer(1),
  temporaryFolder: typed('string'),
  shutdownGraceMs: integer(0),
  health: object,
  management: object,
  resources: object,
};

/** Fills the defaults of the service's own options and checks them. @throws OptionError @internal */
export function resolveWebServiceOptions(given: WebServiceOptions): ResolvedWebServiceOptions {
  const own = Object.entries(given).filter(([key]) => Object.hasOwn(WEB_SERVICE_CHECKS, key)); // rooms' options are checked when all are known
  checkOptions(Object.fromEntries(own), WEB_SERVICE_CHECKS, PLACE);
  const { health = {}, management = {} } = given;
  checkOptions(health, { route, checks: array, deadlineMs: integer(1), cacheMs: integer(0) }, PLACE, 'health.');
  checkOptions(management, { port: integer(0, 65_535), host: typed('string'), guards: array }, PLACE, 'management.');
  if (management.host !== undefined && management.port === undefined) {
    throw new OptionError(
      `"management.host" means nothing without a port: give MANAGEMENT_PORT with MANAGEMENT_HOST, or management.port in ${PLACE}.`,
    );
  }
  return {
    ...given,
    service: given.service ?? 'nestage',
    defaults: given.defaults ?? {},
    locale: given.locale ?? 'en',
    takeOver: given.takeOver ?? false,
    onInitializeError: given.onInitializeError ?? 'exit',
    compiledValidation: given.compiledValidation ?? true,
    maxBodyBytesInFlight: given.maxBodyBytesInFlight ?? megabytes(256),
    temporaryFolder: given.temporaryFolder ?? tmpdir(),
    shutdownGraceMs: given.shutdownGraceMs ?? seconds(10),
    health: {
      route: health.route ?? { path: '/health' },
      checks: health.checks ?? [],
      deadlineMs: health.deadlineMs ?? seconds(3),
      cacheMs: health.cacheMs ?? seconds(1),
    },
    management: { ...management, host: management.host ?? '127.0.0.1' },
  };
}
