export { type SecurityAsyncOptions, SecurityModule } from './security.module.js';
export type { SecurityOptions } from './security.options.js';
export { type ApiKeyEntry, hashApiKey, MANAGEMENT_SCOPE } from './api-key.js';
export { RATE_LIMIT_SUBJECTS, type RateLimitOptions, type RateLimitRule, type RateLimitSubject } from './rate-limit.options.js';
export { type Principal, principalOf } from './principal.js';
