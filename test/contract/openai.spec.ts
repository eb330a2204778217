import { ADAPTERS } from '../support/test-service.js';
import { openAiChecks } from './openai-checks.js';
import { startScripted } from './scripted-model.js';

describe.each(ADAPTERS)("OpenAI's own client with a scripted model on %s", (adapter) => {
  let target: Awaited<ReturnType<typeof startScripted>>;

  beforeAll(async () => {
    target = await startScripted(adapter);
  });
  afterAll(() => target.close());

  it.each(openAiChecks.map((check) => [check.title, check] as const))('%s', (_title, check) => check.run(target));
});
