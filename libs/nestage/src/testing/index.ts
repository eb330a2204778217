export { FakeClock } from './fake-clock.js';
export { type MemoryLogRecord, MemoryLogWriter } from './memory-log-writer.js';
export { checkSignal, type SignalCheckOptions, type SignalCheckReport, type SignalCheckTarget } from './check-signal.js';
