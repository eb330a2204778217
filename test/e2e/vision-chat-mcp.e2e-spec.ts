import { readFile } from 'node:fs/promises';
import { connectMcp } from '../support/mcp-client.js';
import { ADAPTERS, type TestService } from '../support/test-service.js';
import { startVisionChat } from '../support/vision-chat-service.js';

describe.each(ADAPTERS)('vision-chat as a tool of MCP on %s', (adapter) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startVisionChat(adapter);
  });
  afterAll(() => service.close());

  it('reads a document that the official client sends', async () => {
    const client = await connectMcp(service.url);
    try {
      const invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
      const file = { data: invoice.toString('base64'), mimeType: 'image/png', filename: 'invoice.png' };
      const result = await client.callTool({ name: 'recognize_document', arguments: { file } });
      const [{ text }] = result.content as [{ readonly text: string }];
      expect(JSON.parse(text)).toMatchObject({ text: expect.stringContaining('758.10'), width: 860, height: 620 });
    } finally {
      await client.close();
    }
  });
});
