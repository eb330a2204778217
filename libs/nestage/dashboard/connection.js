/**
 * @typedef {{ avg: number, max: number, min: number, count: number, p50: number, p95: number, p99: number }} Durations
 * @typedef {'L1' | 'L2' | 'L3' | 'L4'} Tier
 * @typedef {object} Route
 * @property {string} name
 * @property {string} method
 * @property {string} path
 * @property {'waiting' | 'initializing' | 'ready' | 'failed'} state
 * @property {number} requestsPerSecond
 * @property {number} inFlight
 * @property {number} concurrency
 * @property {number} waiting
 * @property {number} queue
 * @property {number} abandoned
 * @property {'closed' | 'half_open' | 'open' | null} breaker
 * @property {Record<Tier, number>} errors
 * @property {{ batches: number, items: number, largest: number, last: number, failed: number } | null} batches
 * @typedef {{ at: string, tier: Tier, code: string, handler?: string, logId?: string, message: string }} RecentError
 * @typedef {{ at: string, id: string, state: string, rule: string, tier: Tier, handler?: string, count: number, message: string }} RecentAlert
 * @typedef {{ status: string, critical?: boolean, reason?: string, durationMs?: number }} Check
 * @typedef {{ at: number[], cpu: number[], memory: number[], gpu: number[], eventLoopDelayMs: number[] }} History
 * @typedef {object} Process
 * @property {number} process
 * @property {number} pid
 * @property {string} state
 * @property {number} [uptimeSeconds]
 * @property {number} [requestsInFlight]
 * @property {{ maxDelayMs: number, utilization: number }} [eventLoop]
 * @typedef {object} Stats
 * @property {string} service
 * @property {number} uptimeSeconds
 * @property {number} requestsInFlight
 * @property {{ sinceStart: Record<string, Durations>, window: { windowMs: number, statistics: Record<string, Durations> } }} performance
 * @property {{ lastHour: { total: number, byTier: Partial<Record<Tier, number>> } }} errors
 * @property {{ meanDelayMs: number, maxDelayMs: number, utilization: number }} eventLoop
 * @property {{ cpu: number, memory: number, gpu: number }} resources
 * @property {Record<string, Record<string, number>>} cache
 * @property {Route[]} routes
 * @property {Record<string, Record<string, number>>} workers
 * @property {RecentError[]} recentErrors
 * @property {RecentAlert[]} recentAlerts
 * @property {History} history
 * @property {Record<string, number>} [jobs]
 * @property {Process[]} [processes]
 * @typedef {object} Health
 * @property {string} status
 * @property {string} [model]
 * @property {Record<string, string>} [stages]
 * @property {Record<string, Check>} [checks]
 * @property {{ process: number, checks?: Record<string, Check> }[]} [processes]
 * @typedef {{ at: string, stats: Stats, health: Health }} Figures
 */

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10_000;
/** The service sends a set of figures at least every minute: beyond this the connection is dead without having said so. */
const SILENCE_MS = 75_000;

/**
 * Listens to the service's figures, and tries again by itself whenever that ends. A dead connection is told with the second of the next try.
 *
 * @param {string} url
 * @param {{ figures: (figures: Figures) => void, lost: (retryInMs: number) => void }} listener
 */
export function listen(url, { figures, lost }) {
  let retryMs = FIRST_RETRY_MS;
  const open = () => {
    const source = new EventSource(url);
    const fail = () => {
      clearTimeout(silence);
      source.close();
      lost(retryMs);
      setTimeout(open, retryMs);
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    };
    let silence = setTimeout(fail, SILENCE_MS);
    source.addEventListener('error', fail, { once: true });
    source.addEventListener('figures', (event) => {
      clearTimeout(silence);
      silence = setTimeout(fail, SILENCE_MS);
      retryMs = FIRST_RETRY_MS;
      figures(JSON.parse(event.data));
    });
  };
  open();
}
