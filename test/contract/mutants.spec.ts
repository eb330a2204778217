import { AppModule } from '../../apps/embeddings/src/app.module.js';
import { SENTENCE_MODEL_ID } from '../../apps/embeddings/src/sentence-model.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';
import type { Check } from './check.js';
import { embeddingsChecks } from './embeddings-checks.js';
import { chatMutants, embeddingsMutants } from './mutants.js';
import { openAiChecks } from './openai-checks.js';
import { startScripted } from './scripted-model.js';
import { type Fault, startSpoiling } from './spoiling-proxy.js';

/** A check that hangs has failed, too. */
const PATIENCE_MS = { sound: 120_000, spoilt: 8000 } as const;

let chat: Awaited<ReturnType<typeof startScripted>>;
let embeddings: TestService;

beforeAll(async () => {
  chat = await startScripted('express');
  embeddings = await startTestService({ adapter: 'express', root: { module: AppModule } });
});
afterAll(() => Promise.all([chat?.close(), embeddings?.close()]));

const vectorChecks = embeddingsChecks(SENTENCE_MODEL_ID, 512);

function checkCalled<T>(checks: readonly Check<T>[], beginning: string): Check<T> {
  const check = checks.find(({ title }) => title.startsWith(beginning));
  if (!check) throw new Error(`no check begins with "${beginning}"`);
  return check;
}

/** Runs a check through something that spoils the service's answers. */
async function throughFault<T extends { readonly url: string }>(check: Check<T>, target: T, fault: Fault): Promise<'failed' | 'passed'> {
  const proxy = await startSpoiling(target.url, fault);
  let timer: NodeJS.Timeout | undefined;
  const patienceMs = PATIENCE_MS[Object.keys(fault).length === 0 ? 'sound' : 'spoilt'];
  const late = new Promise<never>((_resolve, reject) => (timer = setTimeout(() => reject(new Error('hangs')), patienceMs)));
  const outcome = await Promise.race([check.run({ ...target, url: proxy.url }), late]).then(
    () => 'passed' as const,
    () => 'failed' as const, // in whatever way: that is what the mutant is for
  );
  clearTimeout(timer);
  await proxy.close();
  expect(proxy.mistakes).toEqual([]);
  return outcome;
}

describe('the checks by which clients judge the service', () => {
  it.each(openAiChecks.map((check) => [check.title, check] as const))('pass when nothing is spoilt: %s', async (_title, check) => {
    expect(await throughFault(check, chat, {})).toBe('passed');
  });

  it.each(vectorChecks.map((check) => [check.title, check] as const))('pass when nothing is spoilt: %s', async (_title, check) => {
    expect(await throughFault(check, embeddings, {})).toBe('passed');
  });

  it.each(chatMutants.map((mutant) => [mutant.name, mutant] as const))('notice %s', async (_name, { fault, caughtBy }) => {
    expect(await throughFault(checkCalled(openAiChecks, caughtBy), chat, fault)).toBe('failed');
    chat.runs.refusals = [];
    if (!fault.ignoresLeaving) await until(() => chat.runs.open === 0);
  });

  it.each(embeddingsMutants.map((mutant) => [mutant.name, mutant] as const))(
    'notice of embeddings %s',
    async (_name, { fault, caughtBy }) => {
      expect(await throughFault(checkCalled(vectorChecks, caughtBy), embeddings, fault)).toBe('failed');
    },
  );
});
