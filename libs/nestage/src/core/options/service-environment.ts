/** Environment variables that the framework reads, each a default for the option of that meaning. @publicApi */
export interface ServiceEnvironment {
  /** `HOST`: address to listen on. */
  readonly host: string | undefined;
  /** `PORT`: port to listen on. */
  readonly port: number | undefined;
  /** `WORKERS`: how many processes serve. */
  readonly workers: number | 'auto' | undefined;
  /** `LOG_FILE`: stable name of the log; `false` writes no files. */
  readonly logFile: string | false | undefined;
  /** `API_KEYS`: `name:key` or `name:sha256:<hex>`, separated by commas. */
  readonly apiKeys: string | undefined;
  /** `MANAGEMENT_API_KEYS`: the same, for the routes of operators alone. */
  readonly managementApiKeys: string | undefined;
  /** `API_KEYS_FILE`: JSON file with keys. */
  readonly apiKeysFile: string | undefined;
  /** `REDIS_URL`: Redis for queues, such as `redis://127.0.0.1:6379`. */
  readonly redisUrl: string | undefined;
  /** `QUEUE_ROLE`: what this process does with queued work, `web`, `worker` or `both`. */
  readonly queueRole: string | undefined;
  /** `MANAGEMENT_HOST`, `MANAGEMENT_PORT`: a listener of their own for the routes of operators. */
  readonly managementHost: string | undefined;
  readonly managementPort: number | undefined;
}

/** DI token of the environment, for rooms that an app imports by itself. @internal */
export const SERVICE_ENVIRONMENT = Symbol('nestage:service-environment');
