export { checkSignal, type SignalCheckOptions, type SignalCheckReport, type SignalCheckTarget } from './check-signal.js';
export { FakeClock } from './fake-clock.js';
export { type MemoryLogRecord, MemoryLogWriter } from './memory-log-writer.js';
export { runStages, type RunStagesOptions, type StagesResult } from './run-stages.js';
export type { TestContextOptions } from './test-context.js';
export { startTestService, type TestService, type TestServiceOptions } from './test-service.js';
