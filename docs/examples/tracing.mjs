// Prints the spans of a service: node --import ./docs/examples/tracing.mjs dist/apps/echo/src/main.js
// With another exporter they go to a collector; nothing of the service changes.
import { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';

new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] }).register();
