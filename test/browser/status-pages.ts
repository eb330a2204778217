import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { DashboardModule } from 'nestage/dashboard';
import { launchBrowser } from '../support/browser.js';
import { STATUS_PAGE_HANDLERS, STATUS_PAGE_OPTIONS } from '../support/status-page-app.js';
import { startTestService, type TestService, type TestServiceOptions } from '../support/test-service.js';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What the page was sent last, kept beside the page's own listener. */
const REMEMBER_FIGURES = `
  const Original = EventSource;
  window.EventSource = class extends Original {
    constructor(url) {
      super(url);
      this.addEventListener('figures', (event) => { window.lastFigures = JSON.parse(event.data); });
    }
  };`;

export interface OpenOptions extends NonNullable<Parameters<Browser['newContext']>[0]> {
  /** @default '/dashboard' */
  readonly path?: string;
  readonly hash?: string;
  /** How far the browser's clock is ahead. @default 0 */
  readonly clockOffByMs?: number;
  /** What the browser may say on its console. */
  readonly expected?: RegExp;
}

/** A browser, the service whose page it opens, and whatever was strange about that. */
export class StatusPages {
  private browser: Browser;
  private service: TestService | undefined;
  private readonly strange: string[] = [];

  async launch(): Promise<void> {
    this.browser = await launchBrowser();
  }

  /** A service whose page gets figures five times a second. */
  async start({ imports = [], ...more }: Partial<TestServiceOptions> = {}): Promise<TestService> {
    this.service = await startTestService({
      adapter: 'express',
      providers: STATUS_PAGE_HANDLERS,
      options: STATUS_PAGE_OPTIONS,
      imports: [DashboardModule.forRoot({ intervalMs: 200 }), ...imports],
      ...more,
    });
    return this.service;
  }

  /** Opens the page; whatever it says on the console or asks others for is a fault, but for `expected`. */
  async open(
    url: string,
    { path = '/dashboard', hash = '', expected = /^$/, clockOffByMs = 0, ...options }: OpenOptions = {},
  ): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(150_000);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    await page.addInitScript(REMEMBER_FIGURES);
    if (clockOffByMs !== 0) await page.addInitScript(`const { now } = Date; Date.now = () => now.call(Date) + ${clockOffByMs};`);
    const note = (text: string): void => void (expected.test(text) || this.strange.push(text));
    page.on('console', (message) => note(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => note(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(url)) note(`request to ${request.url()}`);
    });
    await page.goto(url + path + hash);
    await page.waitForSelector('[data-link="live"]');
    return page;
  }

  async stop(): Promise<void> {
    await this.service?.close();
    this.service = undefined;
  }

  /** Closes pages and service. @returns what was strange */
  async clear(): Promise<readonly string[]> {
    for (const context of this.browser.contexts()) await context.close();
    await this.stop();
    return this.strange.splice(0);
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

/** What axe-core finds, under the page's own policy. */
export async function faultsOf(page: Page): Promise<unknown[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run());
  return violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]);
}

/** Status pages for the tests of one file: whatever is strange about one of them fails its test. */
export function useStatusPages(): StatusPages {
  const pages = new StatusPages();
  beforeAll(() => pages.launch());
  afterAll(() => pages.close());
  afterEach(async () => expect(await pages.clear()).toEqual([]));
  return pages;
}

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}
