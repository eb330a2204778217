import type { ModuleMetadata, Provider } from '@nestjs/common';
import { AdapterBinding } from './adapter-binding.js';
import { BodyTaps } from './body/body-taps.js';
import { TemporaryFiles } from './body/temporary-files.js';
import { DetailAccess } from './builtin/detail-access.js';
import { BuiltInRoutes } from './builtin/built-in-routes.js';
import { Deferrals } from './deferrals.js';
import { GateChecks } from './gate/gate-checks.js';
import { HealthRoutes } from './builtin/health-routes.js';
import { ManagementListener } from './builtin/management-listener.js';
import { MetricsRoutes } from './builtin/metrics-routes.js';
import { RequestRecordRoutes } from './builtin/request-record-routes.js';
import { ServiceFigures } from './builtin/service-figures.js';
import { ServiceStats } from './builtin/service-stats.js';
import { StatsRoutes } from './builtin/stats-routes.js';
import { ContextOpener } from './context/context-opener.js';
import { InFlightRequests } from './context/in-flight.js';
import { LogIdInterceptor } from './context/log-id.interceptor.js';
import { ErrorResponder } from './reply/error-responder.js';
import { ResourceLogInterceptor } from './context/resource-log.interceptor.js';
import { BareRoutes } from './routes/bare-routes.js';
import { RouteAddresses } from './routes/route-addresses.js';
import { RouteExecution } from './route-execution.js';
import { RouteTable } from './gate/route-table.js';
import { ServiceRoutes } from './service-routes.js';
import { StageTransport } from './stage-transport.js';
import { TransportGate } from './gate/transport-gate.js';

/** What the app may inject of the room. @internal */
export const HTTP_EXPORTS: NonNullable<ModuleMetadata['exports']> = [
  GateChecks,
  TransportGate,
  BodyTaps,
  Deferrals,
  ServiceRoutes,
  RouteAddresses,
  RouteExecution,
  ServiceStats,
  HealthRoutes,
  DetailAccess,
  ManagementListener,
  ErrorResponder,
  InFlightRequests,
  LogIdInterceptor,
  ResourceLogInterceptor,
  ContextOpener,
];

/** The room as providers. @internal */
export const HTTP_PROVIDERS: readonly Provider[] = [
  InFlightRequests,
  ContextOpener,
  RouteTable,
  RouteAddresses,
  GateChecks,
  BodyTaps,
  Deferrals,
  ErrorResponder,
  TemporaryFiles,
  TransportGate,
  BareRoutes,
  AdapterBinding,
  RouteExecution,
  StageTransport,
  LogIdInterceptor,
  ResourceLogInterceptor,
  ServiceRoutes,
  ManagementListener,
  DetailAccess,
  HealthRoutes,
  ServiceFigures,
  ServiceStats,
  StatsRoutes,
  MetricsRoutes,
  RequestRecordRoutes,
  BuiltInRoutes,
];
