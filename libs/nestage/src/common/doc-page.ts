/** Which page of the documentation tells of an option, by the first part of its name. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  'docs/02-lifecycle.md': [
    'host port adapter docs configure takeOver onInitializeError shutdownGraceMs cors trustProxy limits securityHeaders',
    'HOST PORT',
  ],
  'docs/03-validation.md': ['unknownFields undeclaredResponseFields validationStatus compiledValidation maxBodyBytesInFlight'],
  'docs/04-errors.md': ['locale'],
  'docs/05-logs.md': ['logging'],
  'docs/06-health.md': ['health management MANAGEMENT_PORT'],
  'docs/07-openai.md': ['protocol models tokenizer maxChoices heartbeatMs isShortenable maxInputs'],
  'docs/08-resilience.md': [
    'concurrency queue timeoutMs queueTimeoutMs itemTimeoutMs streamTimeoutMs retry breaker fallbackOn fallbackTo fatal',
  ],
  'docs/09-monitoring.md': ['metrics stats records tracing resources'],
  'docs/10-alerts.md': ['alerts webhook delivery'],
  'docs/11-batching.md': ['batch'],
  'docs/12-security.md': ['keys rateLimit everywhere maxDepth maxKeys API_KEYS MANAGEMENT_API_KEYS API_KEYS_FILE'],
  'docs/13-uploads.md': ['upload temporaryFolder'],
  'docs/14-threads.md': ['worker'],
  'docs/15-processes.md': ['workers WORKERS'],
  'docs/16-jobs.md': ['jobs'],
  'docs/17-caching.md': ['coalesce cache'],
  'docs/18-mcp.md': ['mcp'],
  'docs/21-queue.md': ['execution connection role REDIS_URL QUEUE_ROLE'],
};

const BY_OPTION: ReadonlyMap<string, string> = new Map(
  Object.entries(PAGES).flatMap(([page, options]) => options.flatMap((names) => names.split(' ').map((name) => [name, page] as const))),
);

/** Modules whose options have a page of their own. */
const BY_PLACE: readonly (readonly [place: string, page: string])[] = [
  ['SecurityModule', 'docs/12-security.md'],
  ['API_KEYS', 'docs/12-security.md'],
  ['MANAGEMENT_', 'docs/06-health.md'],
  ['RemoteFetcher', 'docs/13-uploads.md'],
  ['WorkerPools', 'docs/14-threads.md'],
  ['JobsModule', 'docs/16-jobs.md'],
  ['McpModule', 'docs/18-mcp.md'],
  ['DashboardModule', 'docs/19-dashboard.md'],
  ['QueueModule', 'docs/21-queue.md'],
];

/**
 * The page of the documentation that a fault at start is about.
 * @param fault its text, which names the option in quotes and the place where it is set
 * @returns a path from the root of the repository
 * @internal
 */
export function docPageOf(fault: string): string {
  const place = BY_PLACE.find(([name]) => fault.includes(name));
  const option = /"([A-Za-z_]+)/.exec(fault)?.[1] ?? '';
  return place?.[1] ?? BY_OPTION.get(option) ?? (fault.includes('startWebService') ? 'docs/02-lifecycle.md' : 'docs/01-routes.md');
}
