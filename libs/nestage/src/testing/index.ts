export { FakeClock } from './fake-clock.js';
export { type MemoryLogRecord, MemoryLogWriter } from './memory-log-writer.js';
