import { AppModule } from '../../apps/embeddings/src/app.module.js';
import { SENTENCE_MODEL_ID } from '../../apps/embeddings/src/sentence-model.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { aiSdkChecks, aiSdkEmbeddingsChecks } from './ai-sdk-checks.js';
import { langChainChecks, langChainEmbeddingsChecks } from './langchain-checks.js';
import { startScripted } from './scripted-model.js';

describe.each(ADAPTERS)('on %s', (adapter) => {
  let target: Awaited<ReturnType<typeof startScripted>>;
  let embeddings: TestService;

  beforeAll(async () => {
    target = await startScripted(adapter);
    embeddings = await startTestService({ adapter, root: { module: AppModule } });
  });
  afterAll(() => Promise.all([target?.close(), embeddings?.close()]));

  describe.each([
    ['the AI SDK', aiSdkChecks, aiSdkEmbeddingsChecks],
    ['LangChain', langChainChecks, langChainEmbeddingsChecks],
  ] as const)('%s', (_client, chatChecks, embeddingsChecks) => {
    it.each(chatChecks.map((check) => [check.title, check] as const))('%s', (_title, check) => check.run(target));
    it.each(embeddingsChecks(SENTENCE_MODEL_ID, 512).map((check) => [check.title, check] as const))('%s', (_title, check) =>
      check.run(embeddings),
    );
  });
});
