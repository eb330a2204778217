import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { docPageOf } from './doc-page.js';
import { checkOptions, integer, OptionError } from './option-checks.js';

const root = join(import.meta.dirname, '../../../..');

describe(docPageOf.name, () => {
  it.each([
    [`"batch.maxSize" must be an integer >= 1, got 0 (set it in @StageHandler('/x') of X).`, 'docs/11-batching.md'],
    ['"timeoutMs" must be an integer >= 1, got 0 (set it in WebServiceModule.forRoot()).', 'docs/08-resilience.md'],
    ['"queue.lockMs" must be an integer >= 300, got 1 (set it in QueueModule.forRoot()).', 'docs/21-queue.md'],
    ['"PORT" must be an integer from 0 to 65535, got "x" (set it in the environment).', 'docs/02-lifecycle.md'],
    ['port 1 of ::1 is in use: set another by MANAGEMENT_PORT or management.port of WebServiceModule.forRoot().', 'docs/06-health.md'],
    ["The key file /k.json can't be read (ENOENT) (set it in API_KEYS_FILE or the option keysFile).", 'docs/12-security.md'],
    [`IdleHandler ('/idle') has no run(): give the class a method run(input, context).`, 'docs/01-routes.md'],
  ])('%s', (fault, page) => expect(docPageOf(fault)).toBe(page));

  it('names pages that are there', () => {
    const source = readFileSync(join(import.meta.dirname, 'doc-page.ts'), 'utf8');
    const pages = new Set([...source.matchAll(/'(docs\/[^']+)'/g)].map(([, page]) => page));
    expect([...pages].filter((page) => !existsSync(join(root, page)))).toEqual([]);
    expect(pages.size).toBeGreaterThan(15);
  });

  it('stands in the errors themselves', () => {
    expect(() => checkOptions({ cache: 1 }, { cache: integer(2) }, "@StageHandler('/x')")).toThrow(
      expect.objectContaining({ page: 'docs/17-caching.md' }) as Error,
    );
    expect(new OptionError('"alerts" must be an object').page).toBe('docs/10-alerts.md');
    expect(new OptionError('"SEATS" must be a number', { page: 'README.md' }).page).toBe('README.md');
    expect(new StartFaultError(['"upload" is given twice']).page).toBe('docs/13-uploads.md');
  });
});
