export { QueueModule, type QueueAsyncOptions } from './queue.module.js';
export { QUEUE_ROLES, type QueueOptions, type QueueRole, SHARED_STATES, type SharedStateName } from './queue.options.js';
export type { QueueConnection } from './redis/connection.js';
export { EXECUTIONS } from './remote/execution.options.js';
