import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { hashApiKey, SecurityModule } from 'nestage/security';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import { STATUS_PAGE_HANDLERS } from '../support/status-page-app.js';
import { faultsOf, useStatusPages } from './status-pages.js';
import type { TestService } from '../support/test-service.js';

const THEMES = ['light', 'dark'] as const;

interface Shown {
  readonly path: string;
  readonly value: unknown;
  readonly text: string;
  readonly sent: unknown;
}

/** Every figure that the page shows, and what it was sent for it, at one moment. */
const shownFigures = (page: Page): Promise<Shown[]> =>
  page.evaluate(() => {
    // a name may hold dots, so the path to it goes on after bars
    const at = (figures: unknown, path: string): unknown => {
      const [start, ...names] = path.split('|');
      const keys = [...start.split('.'), ...names];
      return keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], figures);
    };
    const { lastFigures } = window as unknown as { lastFigures: unknown };
    return [...document.querySelectorAll<HTMLElement>('[data-figure]')].map(({ dataset, textContent }) => {
      const { figure = '', value = 'null' } = dataset;
      return { path: figure, value: JSON.parse(value) as unknown, text: textContent ?? '', sent: at(lastFigures, figure) ?? null };
    });
  });

/** Waits for a curve of a colour: of a copy, for a canvas that is read again and again is slow to draw on. */
const waitForCurve = (page: Page, rgb: readonly number[]): Promise<unknown> =>
  page.waitForFunction(
    ([red, green, blue]) =>
      [...document.querySelectorAll('canvas')].some((canvas) => {
        const { width, height } = canvas;
        const copy = Object.assign(document.createElement('canvas'), { width, height });
        const context = copy.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
        context.drawImage(canvas, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        return data.some((value, at) => at % 4 === 0 && value === red && data[at + 1] === green && data[at + 2] === blue);
      }),
    rgb,
  );

describe('the status page in a browser', () => {
  const pages = useStatusPages();
  const start = pages.start.bind(pages);
  const open = pages.open.bind(pages);

  /** Requests to three handlers, errors of each tier, an open breaker and an alert. */
  async function work({ post }: TestService): Promise<void> {
    const greet = (name: unknown): Promise<Response> => post('/v1/greetings', { name });
    for (let round = 0; round < 3; round++) {
      const sums = [1, 2, 3].map((number) => post('/v1/sums', { numbers: [number, 4] }));
      const chat = post('/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] });
      const replies = await Promise.all([...sums, chat, greet('Ada'), greet('Bo'), greet(3), greet('nobody'), post('/v1/broken', {})]);
      await Promise.all(replies.map((reply) => reply.arrayBuffer()));
    }
    await greet('fate');
  }

  it('shows the figures of /stats and of no other moment', async () => {
    const running = await start();
    const page = await open(running.url);
    const load = (async () => {
      for (let round = 0; round < 4; round++) await work(running);
    })();
    for (let look = 0; look < 5; look++) {
      await page.waitForTimeout(150);
      const shown = await shownFigures(page);
      expect(shown.length).toBeGreaterThan(60);
      expect(shown.filter(({ value, sent }) => JSON.stringify(value) !== JSON.stringify(sent))).toEqual([]);
    }
    await load;
    const stats = (await (await fetch(`${running.url}/stats`)).json()) as Stats;
    await page.waitForFunction(
      (expected) => JSON.stringify((window as unknown as { lastFigures: { stats: Stats } }).lastFigures.stats.recentErrors) === expected,
      JSON.stringify(stats.recentErrors),
    );
    const texts = new Map((await shownFigures(page)).map(({ path, text }) => [path, text]));
    stats.routes.forEach(({ name, errors, breaker, concurrency, queue, batches }, index) => {
      const at = `stats.routes.${index}`;
      for (const tier of ['L1', 'L2', 'L3', 'L4']) expect(texts.get(`${at}.errors.${tier}`)).toBe(String(errors[tier]));
      expect(texts.get(`${at}.breaker`)).toBe(breaker ?? undefined);
      expect([texts.get(`${at}.concurrency`), texts.get(`${at}.queue`)]).toEqual([String(concurrency), String(queue)]);
      expect(texts.get(`${at}.batches.largest`)).toBe(batches ? String(batches.largest) : undefined);
      const { count = undefined } = stats.performance.window.statistics[`${name}.run`] ?? {};
      expect(texts.get(`stats.performance.window.statistics|${name}.run|count`)).toBe(count ? String(count) : undefined);
    });
    const tiers = stats.recentErrors.map(({ tier }) => tier);
    expect(new Set(tiers)).toEqual(new Set(['L1', 'L2', 'L3', 'L4']));
    expect(await page.locator('.errors tbody tr').count()).toBe(tiers.length);
    expect(await page.locator('.alert').first().textContent()).toContain('firing');
    expect(stats.routes.map(({ breaker }) => breaker)).toContain('open');
  });

  it('opens the record of a failed request as a waterfall', async () => {
    const running = await start();
    await work(running);
    const page = await open(running.url);
    await page.getByRole('button', { name: 'L2', exact: true }).click();
    const row = page.locator('.errors tbody tr').first();
    expect(await row.textContent()).toContain('Nobody is not greeted');
    const button = row.getByRole('button');
    const logId = (await button.textContent())?.replace('Request ', '');
    await button.click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.waterfall').waitFor();
    expect(await dialog.textContent()).toMatch(new RegExp(`${logId}.*POST /v1/greetings.*GreetingHandler.*400, L2 business_error`, 's'));
    expect(await dialog.locator('.fall').count()).toBeGreaterThan(1);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('closes an open breaker', async () => {
    const running = await start();
    await work(running);
    const page = await open(running.url);
    const card = page.getByRole('article', { name: 'BrokenHandler' });
    expect(await card.locator('.breaker .pill').textContent()).toBe('open');
    await card.getByRole('button', { name: 'Reset the breaker of /v1/broken' }).click();
    await card.locator('.pill[data-tone="good"]', { hasText: 'closed' }).waitFor();
    expect(running.log.records.some(({ message }) => message.startsWith('Breaker of /v1/broken was reset by an operator'))).toBe(true);
  });

  it('has nothing that axe-core finds, in both themes and both views', async () => {
    const running = await start();
    await work(running);
    for (const colorScheme of THEMES) {
      for (const [hash, width] of [
        ['', 1280],
        ['', 390],
        ['#playground', 1280],
      ] as const) {
        const page = await open(running.url, { hash, colorScheme, viewport: { width, height: 900 } });
        expect([colorScheme, hash, await faultsOf(page)]).toEqual([colorScheme, hash, []]);
      }
    }
  });

  it('can be walked by keyboard alone', async () => {
    const running = await start();
    await work(running);
    const page = await open(running.url);
    const focused: string[] = [];
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const { outlineStyle } = getComputedStyle(element);
        return `${element.tagName} ${element.id || element.getAttribute('aria-label') || element.textContent?.trim().slice(0, 30)} ${outlineStyle}`;
      });
      focused.push(name);
    }
    const find = (part: string): number => focused.findIndex((name) => name.includes(part));
    const order = ['Skip to content', 'tab-overview', 'tab-playground', 'theme', 'Reset the breaker', 'Show as a table', 'All', 'Request '];
    const places = order.map(find);
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(focused.filter((name) => name.endsWith(' none') && !name.startsWith('BODY'))).toEqual([]);
    await page.getByRole('button', { name: /^Theme/ }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
    await page.reload();
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(15, 19, 23)');
    await waitForCurve(page, [76, 195, 181]); // the curves have the colours of the theme, too
    await page.getByRole('button', { name: /^Theme/ }).click();
    await page.getByRole('button', { name: /^Theme/ }).click();
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(246, 247, 248)');
    await waitForCurve(page, [11, 110, 103]);
  });

  it('says so when the service is gone, and goes on when it is back', async () => {
    const running = await start();
    const network = await startCuttingProxy(Number(new URL(running.url).port));
    try {
      const page = await open(`http://127.0.0.1:${network.port}`, { expected: /Failed to load resource|ERR_/ });
      network.cut();
      await page.locator('#banner', { hasText: 'Connection lost: the next try is in' }).waitFor();
      expect(await page.locator('#link').textContent()).toBe('Reconnecting');
      expect(await page.locator('.handler').count()).toBe(STATUS_PAGE_HANDLERS.length); // what was known stays
      network.mend();
      await page.waitForSelector('[data-link="live"]');
      expect(await page.locator('#banner').isHidden()).toBe(true);
    } finally {
      await network.close();
    }
  });

  it('asks an operator for the key itself before it changes anything', async () => {
    const key = 'a-key-of-operators-that-is-long-enough';
    const keys = [{ name: 'ops', hash: hashApiKey(key), scopes: ['management', '/v1/**'] }];
    const running = await start({ imports: [SecurityModule.forRoot({ keys })] });
    for (let round = 0; round < 2; round++) await running.post('/v1/broken', {}, { headers: { 'x-api-key': key } });
    const page = await open(running.url, { httpCredentials: { username: 'any', password: key } });
    await page.getByRole('button', { name: 'Reset the breaker of /v1/broken' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('.breaker .pill', { hasText: 'open' }).waitFor();
    await page.getByRole('button', { name: 'Reset the breaker of /v1/broken' }).click();
    await page.getByRole('dialog', { name: 'API key' }).getByLabel('Key').fill(key);
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.locator('.breaker .pill', { hasText: 'closed' }).waitFor();
    expect(running.log.records.some(({ message }) => message.includes('was reset by ops, from'))).toBe(true);
  });

  it('fits the widths of phones and of walls, in both themes', async () => {
    const running = await start();
    await work(running);
    const folder = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'nestage-status-page-'));
    for (const colorScheme of THEMES) {
      for (const width of [390, 1024, 1600]) {
        for (const view of ['overview', 'playground']) {
          const page = await open(running.url, { hash: `#${view}`, colorScheme, viewport: { width, height: 900 } });
          await page.screenshot({ path: join(folder, `${view}-${colorScheme}-${width}.png`), fullPage: true });
          expect([width, view, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([width, view, width]);
        }
      }
    }
  });
});

interface Stats {
  readonly routes: readonly {
    readonly name: string;
    readonly errors: Readonly<Record<string, number>>;
    readonly breaker: string | null;
    readonly concurrency: number;
    readonly queue: number;
    readonly batches: { readonly largest: number } | null;
  }[];
  readonly recentErrors: readonly { readonly tier: string }[];
  readonly performance: { readonly window: { readonly statistics: Readonly<Record<string, { readonly count: number } | undefined>> } };
}
