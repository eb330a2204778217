import { AdmissionState, type StageEvent, StageEvents } from 'nestage';
import { AppModule } from '../../apps/vision-chat/src/app.module.js';
import { CHAT_EXAMPLE } from '../../apps/vision-chat/src/chat/chat-example.js';
import { OcrModel } from '../../apps/vision-chat/src/ocr-model.js';
import { UpstreamAppModule } from '../../apps/vision-chat/src/upstream/upstream-app.module.js';
import { type TestService, startTestService } from '../support/test-service.js';
import { until } from '../support/until.js';
import { chatOf, imagePart, streamedText } from '../support/vision-chat-service.js';

const CHATS = '/v1/chat/completions';
const DOCUMENTS = '/v1/documents/recognize';
/** Of each route, with one thread. */
const AT_WORK = 2;
const WAITING = 40;
const TOO_MANY = 12;

const environment = { remoteImages: [], ocrThreads: 1, upstream: undefined };
const url = CHAT_EXAMPLE.messages[0].content[0].image_url.url;
const picture = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');

interface Answer {
  readonly route: string;
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

describe('vision-chat under more chats and documents at once than its threads can read', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ adapter: 'express', root: AppModule.of(environment) });
  });
  afterAll(() => service.close());

  /** Two pictures, so that a stream that has begun needs the thread once more. */
  const chat = (isStreamed: boolean): Promise<Response> =>
    service.post(CHATS, { ...chatOf(imagePart(picture), imagePart(picture)), stream: isStreamed });
  const document = (): Promise<Response> => {
    const form = new FormData();
    form.append('file', new File([picture], 'page.png', { type: 'image/png' }));
    return fetch(service.url + DOCUMENTS, { method: 'POST', body: form });
  };

  it('lets in what the threads can do, refuses the rest at once, and breaks nothing off that has begun', async () => {
    const answers: Answer[] = [];
    const told: StageEvent[] = [];
    service.app.get(StageEvents).on((event) => void told.push(event), ['worker.refused', 'worker.done']);
    const model = service.app.get(OcrModel);
    const read = model.read.bind(model);
    let open!: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    let reading = 0;
    let most = 0;
    jest.spyOn(model, 'read').mockImplementation(async (...given) => {
      most = Math.max(most, ++reading);
      await opened; // until all have come: how many are refused must not depend on how fast they are read
      return read(...given).finally(() => reading--);
    });
    const ask = async (route: string, send: () => Promise<Response>): Promise<void> => {
      const response = await send();
      const text = await response.text();
      answers.push({ route, status: response.status, retryAfter: response.headers.get('retry-after'), text });
    };
    const count = AT_WORK + WAITING + TOO_MANY;
    const asked = Array.from({ length: count }, (_, index) => [ask(CHATS, () => chat(index % 2 === 0)), ask(DOCUMENTS, document)]);
    await until(() => answers.length === 2 * TOO_MANY);
    const of = (route: string): Answer[] => answers.filter((answer) => answer.route === route);
    const refused = (answer: Answer): boolean =>
      answer.status === 503 && Number(answer.retryAfter) >= 1 && answer.text.includes('"overloaded"');
    expect([of(CHATS).filter(refused).length, of(DOCUMENTS).length]).toEqual([TOO_MANY, TOO_MANY]);
    expect(new Set(of(DOCUMENTS).map(({ status }) => status))).toEqual(new Set([503]));
    expect(reading).toBe(2 * AT_WORK);

    open();
    await Promise.all(asked.flat());
    const served = answers.filter(({ status }) => status === 200);
    for (const { route, text } of served) {
      if (route === CHATS && text.startsWith('data:')) expect(streamedText(text)).toMatch(/Total 42\n\nTotal 42/);
      else expect(text).toContain('Total 42');
    }
    // on a slow machine some have waited for 20 s in vain
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ status }) => status))).toEqual(new Set([503]));
    expect(most).toBe(2 * AT_WORK);
    expect(told.map(({ type }) => type)).not.toContain('worker.refused');
    // neither route waits for the other to be through
    const first = served.slice(0, 2 * AT_WORK * 3).map(({ route }) => route);
    expect(first.filter((route) => route === CHATS).length).toBeGreaterThanOrEqual(2);
    expect(first.filter((route) => route === DOCUMENTS).length).toBeGreaterThanOrEqual(2);
  });

  it('tells its limits, which follow the threads', () => {
    const state = service.app.get(AdmissionState);
    for (const path of [CHATS, DOCUMENTS]) expect(state.of(path)).toMatchObject({ concurrency: AT_WORK, queue: WAITING });
  });
});

it('an upstream server is asked by as many as ever, whatever the threads are', async () => {
  const upstream = { baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'k', model: 'm', isEmbeddedFallback: false };
  const service = await startTestService({
    adapter: 'express',
    root: UpstreamAppModule.of(upstream, { ...environment, ocrThreads: 2 }),
    isAwaited: false,
  });
  const state = service.app.get(AdmissionState);
  expect(state.of(CHATS)).toMatchObject({ concurrency: 64, queue: 256 });
  for (const path of [DOCUMENTS, '/v1/embedded/chat/completions']) expect(state.of(path)).toMatchObject({ concurrency: 4, queue: 80 });
  await service.close();
});
