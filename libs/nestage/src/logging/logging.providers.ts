import type { ModuleMetadata, Provider } from '@nestjs/common';
import { object } from '../common/option-checks.js';
import { withoutAbsent } from '../common/without-absent.js';
import { ErrorReporter } from '../core/errors/error-reporter.js';
import { LogWriter } from '../core/log/log-writer.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { SERVICE_ENVIRONMENT, type ServiceEnvironment } from '../core/options/service-environment.js';
import { WEB_SERVICE_OPTIONS, type WebServiceOptions } from '../core/options/web-service.options.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { ResourceMonitor } from '../core/resources/resource-usage.js';
import { ErrorLog } from './error-log.js';
import { resolveLoggingOptions, type ResolvedLoggingOptions } from './logging.options.js';
import { NestLogBridge } from './nest-logger.js';
import { RequestLog } from './request-log.js';
import { ServiceLogWriter } from './service-log-writer.js';

const LOGGING_OPTIONS = Symbol('nestage:logging-options');

/** What the app may inject of the room. @internal */
export const LOGGING_EXPORTS: NonNullable<ModuleMetadata['exports']> = [LogWriter, RequestLog, NestLogBridge];

/** The room as providers. @internal */
export const LOGGING_PROVIDERS: readonly Provider[] = [
  {
    provide: LOGGING_OPTIONS,
    inject: [WEB_SERVICE_OPTIONS, SERVICE_ENVIRONMENT, OptionClaims], // as given: the log tells, too, that another option is out of range
    useFactory: ({ logging = {} }: WebServiceOptions, { logFile }: ServiceEnvironment, claims: OptionClaims) => {
      claims.claim({ service: { logging: object } });
      return resolveLoggingOptions({ file: logFile, ...withoutAbsent(logging) }, 'WebServiceModule.forRoot()');
    },
  },
  {
    provide: LogWriter,
    inject: [LOGGING_OPTIONS, ResourceMonitor],
    useFactory: (options: ResolvedLoggingOptions, resources: ResourceMonitor) => new ServiceLogWriter(options, resources),
  },
  {
    provide: RequestLog,
    inject: [StagePlugins, LOGGING_OPTIONS],
    useFactory: (plugins: StagePlugins, { maxValueLength }: ResolvedLoggingOptions) => new RequestLog(plugins, maxValueLength),
  },
  {
    provide: ErrorLog,
    inject: [ErrorReporter, LogWriter],
    useFactory: (reporter: ErrorReporter, writer: LogWriter) => new ErrorLog(reporter, writer),
  },
  { provide: NestLogBridge, inject: [LogWriter], useFactory: (writer: LogWriter) => new NestLogBridge(writer) },
];
