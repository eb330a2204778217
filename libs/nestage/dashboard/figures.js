// What the service tells, for the type checker.
/**
 * @typedef {{ avg: number, max: number, min: number, count: number, p50: number, p95: number, p99: number }} Durations
 * @typedef {'L1' | 'L2' | 'L3' | 'L4'} Tier
 * @typedef {object} Route
 * @property {string} name
 * @property {string} method
 * @property {string} path
 * @property {string | null} version
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

export {};
