import { join } from 'node:path';
import { spawnService } from '../support/spawned-service.js';

const root = join(import.meta.dirname, '../..');
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';

it('docs/examples/tracing.mjs wires a real SDK that sees a span a request and stage, below the caller’s', async () => {
  const service = await spawnService(join(root, 'apps/echo/src/main.ts'), {}, ['--import', join(root, 'docs/examples/tracing.mjs')]);
  const response = await fetch(`${service.url}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` },
    body: '{"message":"hello"}',
  });
  expect([response.status, response.headers.get('logid')]).toEqual([200, TRACE_ID]); // the log id and the trace find each other
  expect(await service.stop()).toBe(0);
  const spans = service.output().split(/^\{$/m).slice(1);
  const named = (name: string): string => spans.find((span) => span.includes(`name: '${name}'`)) ?? '';
  for (const name of ['POST /chat', 'ChatHandler.preProcess', 'ChatHandler.run', 'ChatHandler.postProcess']) {
    expect(named(name)).toContain(`traceId: '${TRACE_ID}'`);
  }
  expect(named('POST /chat')).toContain(PARENT_ID);
  expect(named('POST /chat')).toContain(`'nestage.log_id': '${TRACE_ID}'`);
});
