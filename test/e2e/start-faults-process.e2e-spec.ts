import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SupervisedServices } from '../support/supervised-services.js';
import type { ServiceProcess } from '../support/service-process.js';
import type { ChildSettings } from './start-faults-child.js';

const PREFIX = 'Web service can not start: ';
const API_KEYS =
  'Entry 1 of "API_KEYS" must be name:key or name:sha256:<hex>; its value is not shown (set it in the environment). See docs/12-security.md';
const GRACE = '"shutdownGraceMs" must be an integer >= 0, got -1 (set it in WebServiceModule.forRoot()). See docs/02-lifecycle.md';
const MODEL_PATH = '"MODEL_PATH" must be a file (set it in the environment). See docs/01-routes.md';
const STACK = /\n\s+at |\\n\s+at |Node\.js v|ExceptionHandler/;

describe('a process that can not start', () => {
  const services = new SupervisedServices<ChildSettings>(join(import.meta.dirname, 'start-faults-child.ts'));

  afterEach(() => services.remove());

  const messages = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^(?:\[[^\]]*\] ){7}/, ''));
  const count = (text: string, part: string): number => text.split(part).length - 1;

  async function ended(settings: ChildSettings, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
    const child = services.start(settings, env);
    expect([await child.exited, child.output]).toEqual([{ code: 1, signal: null }, expect.not.stringContaining('it started')]);
    return child;
  }

  it.each<[string, ChildSettings, NodeJS.ProcessEnv, string]>([
    ['a key without a name', { room: 'security' }, { API_KEYS: 'foo' }, API_KEYS],
    [
      'an address of Redis that is none',
      { room: 'queue' },
      { REDIS_URL: 'localhost' },
      '"REDIS_URL" must be a URL such as "redis://127.0.0.1:6379" or an object, got "localhost" (set it in the environment). See docs/21-queue.md',
    ],
    ['an option of the service', { root: { shutdownGraceMs: -1 } }, {}, GRACE],
    [
      'an option that is no object',
      { root: { resources: null } as never },
      {},
      '"resources" must be an object, got null (set it in WebServiceModule.forRoot()). See docs/09-monitoring.md',
    ],
    ['an option that a factory refuses', { fault: 'option in a factory' }, {}, MODEL_PATH],
    ['an option that the function of the root module refuses', { fault: 'option in the root' }, {}, MODEL_PATH],
    [
      'an option in a module that this function imports',
      { fault: 'option in an import' },
      {},
      '"maxInputs" must be an integer from 1 to 2048, got 0 (set it in embeddings()). See docs/07-openai.md',
    ],
    [
      'a function that gives no root module',
      { fault: 'no root' },
      {},
      'The root module is missing: the function that is given gives undefined. Write startWebService(AppModule), or () => AppModule.of(options) ' +
        'for one that is made at the start. See docs/02-lifecycle.md',
    ],
    [
      'a variable out of range',
      {},
      { PORT: 'eighty' },
      '"PORT" must be an integer from 0 to 65535, got "eighty" (set it in the environment). See docs/02-lifecycle.md',
    ],
    [
      'an address of the other listener without its port',
      { root: {} },
      { MANAGEMENT_HOST: '0.0.0.0' },
      '"management.host" means nothing without a port: give MANAGEMENT_PORT with MANAGEMENT_HOST, or management.port in ' +
        'WebServiceModule.forRoot(). See docs/06-health.md',
    ],
    [
      'no service at all',
      { fault: 'no service' },
      {},
      'WebServiceModule is imported nowhere: add WebServiceModule.forRoot() to the imports of the root module. See docs/01-routes.md',
    ],
  ])('says what to set in one FATAL line, on the console and in the log file: %s', async (_, settings, env, sentence) => {
    const child = await ended(settings, env);
    expect(messages(child.log('.wf'))).toEqual([PREFIX + sentence]);
    expect(child.log('.wf')[0]).toContain('[level:FATAL]');
    expect(count(child.output, PREFIX + sentence)).toBe(1);
    expect(child.output).not.toMatch(STACK);
  });

  it('says on the console alone that there can be no log file, and makes none', async () => {
    const child = await ended({}, { LOG_FILE: '/dev/full' });
    expect(count(child.output, PREFIX)).toBe(1);
    expect(child.output).toContain(
      `${PREFIX}"logging.file" must not be a device, a folder or a link of another program, got "/dev/full" (set it in LOG_FILE or the ` +
        'logging options; "file: false" with "console: true" writes to the standard output alone). See docs/05-logs.md',
    );
    expect(child.output).not.toMatch(STACK);
    expect(existsSync('/dev/full.wf')).toBe(false);
  });

  it('says it on the standard error when the log goes nowhere', async () => {
    const child = await ended({ room: 'security', root: { logging: { file: false, console: false } } }, { API_KEYS: 'foo' });
    expect(child.output).toBe(`${PREFIX}${API_KEYS}\n`);
  });

  it.each<[NonNullable<ChildSettings['fault']>, RegExp]>([
    ['error in a factory', /TypeError: the vault is sealed\n\s+at .*\n(?:.*\n)*Caused by: RangeError: 3 of 5 keys\n\s+at /],
    ['error in the root', /TypeError: the vault is sealed\n\s+at .*makeRoot/],
    ['missing provider', /Nest can't resolve dependencies of the orphan \(\?\).*\n(?:.*\n)*\s+at /],
    ['error in configure', /TypeError: no such pipe\n\s+at .*configure/],
  ])('tells what nobody expected with its whole stack, once in the log and once to read: %s', async (fault, story) => {
    const child = await ended({ fault });
    const [line, ...more] = messages(child.log('.wf'));
    expect(more).toEqual([]);
    expect(line.replaceAll(String.raw`\n`, '\n')).toMatch(story);
    expect(child.output).toMatch(story);
    expect(count(child.output, PREFIX)).toBe(2);
    expect(child.output).not.toContain('ExceptionHandler');
  });

  it('lists several faults in one line of the log, and in lines to read', async () => {
    const child = await ended({ fault: 'two faults' });
    const list = `${PREFIX}2 faults:\n  - The first is wrong.\n  - The second is, too. See docs/01-routes.md`;
    expect(messages(child.log('.wf'))).toEqual([list.replaceAll('\n', String.raw`\n`)]);
    expect(child.output).toContain(`${list}\n`);
    expect(child.output).not.toMatch(/\n\s+at /);
  });

  it('keeps what was logged before the fault', async () => {
    const child = await ended({ room: 'security' }, { API_KEYS: 'foo' });
    expect(messages(child.log())).toEqual(expect.arrayContaining(['Starting web service', '[NestFactory] Starting Nest application...']));
  });

  it('tells it once for all workers, and none is started in vain', async () => {
    const child = await ended({ room: 'security', start: { workers: 2 } }, { API_KEYS: 'foo' });
    expect(messages(child.log('.wf'))).toEqual([PREFIX + API_KEYS]);
    expect(count(child.output, PREFIX)).toBe(1);
    expect(child.output).toContain('[FATAL] Worker 1 ended with code 1, and none is ready: ending with code 1');
    expect(child.output).not.toMatch(STACK);
  });

  it('asks for the root module in workers alone, and tells once for all what it says', async () => {
    const child = await ended({ fault: 'option in the root', start: { workers: 2 } });
    expect(messages(child.log('.wf'))).toEqual([PREFIX + MODEL_PATH]);
    expect(count(child.output, PREFIX)).toBe(1);
    expect(count(child.output, 'the root is asked for')).toBe(1);
    expect(child.output).toContain('[FATAL] Worker 1 ended with code 1, and none is ready: ending with code 1');
    expect(child.output).not.toMatch(STACK);
  });

  it('tells a supervisor that can not start, too', async () => {
    const child = await ended({ start: { workers: 2, port: 70_000 } });
    expect(messages(child.log('.wf'))).toEqual([
      `${PREFIX}"port" must be an integer from 0 to 65535, got 70000 (set it in startWebService()). See docs/02-lifecycle.md`,
    ]);
    expect(count(child.output, PREFIX)).toBe(1);
  });
});
