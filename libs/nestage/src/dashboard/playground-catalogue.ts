import { Inject, Injectable } from '@nestjs/common';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../core/options/web-service.options.js';
import { DtoSchemas } from '../core/schema/dto-schemas.js';
import type { ObjectSchema } from '../core/schema/json-schema.js';
import { GateChecks } from '../http/gate/gate-checks.js';
import { ManagementListener } from '../http/builtin/management-listener.js';
import { type RouteAddress, RouteAddresses } from '../http/routes/route-addresses.js';
import { ServiceRoutes } from '../http/service-routes.js';
import { RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions } from '../metrics/metrics.options.js';
import { RESOLVED_DASHBOARD_OPTIONS, type ResolvedDashboardOptions } from './dashboard.options.js';

/** What the playground knows of a route. @internal */
export interface CatalogueEntry {
  readonly name: string;
  readonly method: string;
  /** As clients see it, with `:parameters`. */
  readonly path: string;
  /** Headers that tell the version where the path does not. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name of the protocol, such as `openai-chat`. */
  readonly protocol: string;
  readonly body: 'json' | 'form' | 'none';
  /** JSON schema of the body; inner classes stand in `$defs`. A field with the format `binary` is a file. */
  readonly schema: object;
  readonly parameters: readonly { readonly source: string; readonly name: string }[];
  readonly example: unknown;
}

/** What the page is told once. @internal */
export interface Catalogue {
  readonly service: string;
  /** Path of request records; `null` when none are kept. */
  readonly records: string | null;
  readonly breakerReset: boolean;
  /** Pause between two sets of figures. */
  readonly intervalMs: number;
  /** Whether routes ask for a key. */
  readonly isKeyed: boolean;
  /** Whether routes are served by another listener than the page, so that the page can't call them. */
  readonly isApart: boolean;
  readonly routes: readonly CatalogueEntry[];
}

/** The service's routes as the playground offers them. @internal */
@Injectable()
export class PlaygroundCatalogue {
  constructor(
    private readonly runtime: StageRuntime,
    private readonly checks: GateChecks,
    private readonly management: ManagementListener,
    private readonly service: ServiceRoutes,
    private readonly addresses: RouteAddresses,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
    @Inject(RESOLVED_METRICS_OPTIONS) private readonly metrics: ResolvedMetricsOptions,
    @Inject(RESOLVED_DASHBOARD_OPTIONS) private readonly dashboard: ResolvedDashboardOptions,
  ) {}

  entries(): Catalogue {
    const { route } = this.metrics.records;
    return {
      service: this.options.service,
      records: route ? this.service.withPrefix(route.path) : null,
      breakerReset: this.dashboard.breakerReset,
      intervalMs: this.dashboard.intervalMs,
      isKeyed: this.checks.isIdentifying,
      isApart: this.management.isConfigured,
      routes: this.runtime.routes.flatMap(({ route }) => this.addresses.of(route).map((address) => entryOf(route, address))),
    };
  }
}

function entryOf(route: StageRoute, { path, headers }: RouteAddress): CatalogueEntry {
  const { name, method, protocol, options } = route;
  const hasBody = method !== 'GET' && method !== 'DELETE';
  return {
    name,
    method,
    path,
    headers,
    protocol: protocol.name,
    body: !hasBody ? 'none' : route.body.describe ? 'form' : 'json',
    schema: hasBody ? schemaOf(route) : {},
    parameters: parametersOf(route),
    example: options.example ?? null,
  };
}

/** Those that the DTO declares, and those of the path that nobody declares. */
function parametersOf({ path, requestFields }: StageRoute): CatalogueEntry['parameters'] {
  const declared = requestFields.map(({ source, name }) => ({ source, name }));
  const names = [...path.matchAll(/[:*](\w+)/g)].map(([, name]) => name);
  const others = names.filter((name) => !declared.some((field) => field.source === 'path' && field.name === name));
  return [...declared, ...others.map((name) => ({ source: 'path', name }))];
}

function schemaOf({ body, request }: StageRoute): object {
  if (body.describe) return body.describe(request);
  if (!request) return {};
  const schemas = new DtoSchemas('json-schema');
  const schema: ObjectSchema = schemas.bodyOf(request);
  return { ...schema, $defs: schemas.definitions };
}
