import type { Type } from '@nestjs/common';
import type { Page } from 'playwright-core';
import { ModelError, StageHandler } from 'nestage';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import { GreetingHandler } from '../support/status-page-app.js';
import { StreamProxy } from '../support/stream-proxy.js';
import { faultsOf, useStatusPages } from './status-pages.js';

const HOUR_MS = 3_600_000;

const handlerOf = (path: string, name: string): Type => {
  @StageHandler(path, { request: false, name })
  class PlainHandler {
    run({ fails }: { fails?: boolean }): object {
      if (fails) throw new ModelError(`<b>${name}</b> gave up`);
      return {};
    }
  }
  return PlainHandler;
};

/** Counts how often the page says that the connection is lost. */
const watchBanner = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const banner = document.getElementById('banner') as HTMLElement;
    const told = window as unknown as { losses: number };
    told.losses = 0;
    new MutationObserver(() => (told.losses += banner.hidden ? 0 : 1)).observe(banner, { attributes: true });
  });
const losses = (page: Page): Promise<number> => page.evaluate(() => (window as unknown as { losses: number }).losses);
const shownAt = (page: Page): Promise<string> =>
  page.evaluate(() => (window as unknown as { lastFigures?: { at: string } }).lastFigures?.at ?? '');

describe('the status page of somebody on call', () => {
  const pages = useStatusPages();

  it('finds one of 200 handlers, and those in trouble', async () => {
    const providers = Array.from({ length: 200 }, (_each, index) => handlerOf(`/models/${index}`, `Model${index}Handler`));
    const service = await pages.start({ providers });
    for (const index of [7, 42]) await service.post(`/models/${index}`, { fails: true });
    const page = await pages.open(service.url);
    await page.getByRole('status').filter({ hasText: '200 handlers' }).waitFor();
    expect(await page.getByRole('article').count()).toBe(200);
    await page.getByLabel('Name or path').fill('model19 post');
    await page.getByRole('status').filter({ hasText: '11 of 200 handlers' }).waitFor();
    expect(await page.getByRole('article').count()).toBe(11);
    await page.getByLabel('Name or path').fill('');
    await page.getByLabel('Only those in trouble').check();
    await page.getByRole('status').filter({ hasText: '2 of 200 handlers' }).waitFor();
    expect(await page.getByRole('article').locator('h3').allTextContents()).toEqual(['Model7Handler', 'Model42Handler']);
    expect(await faultsOf(page)).toEqual([]);
  });

  it('shows names that look like HTML as they are', async () => {
    const name = `<img src=x onerror="document.title='owned'">"|'&amp;`;
    const service = await pages.start({ providers: [handlerOf('/a/<b>', name), handlerOf('/c', name)] });
    await service.post('/c', { fails: true });
    const page = await pages.open(service.url);
    await page.locator('.errors', { hasText: '<b>' }).waitFor();
    expect(await page.getByRole('article').locator('h3').allTextContents()).toEqual([name, name]);
    expect(await page.locator('.message').first().textContent()).toContain(`<b>${name}</b> gave up`);
    expect(await page.locator('main img[src=x], main b b').count()).toBe(0);
    expect(await page.title()).toBe('figures · status');
  });

  it('tells versions of one path apart, however long it is open', async () => {
    const versions = ['1', '2'].map((version): Type => {
      @StageHandler('/both', { request: false, version, name: 'SameHandler' })
      class SameHandler {
        run(): object {
          return {};
        }
      }
      return SameHandler;
    });
    const service = await pages.start({ providers: versions, configure: (app) => void app.enableVersioning() });
    const page = await pages.open(service.url);
    const first = await shownAt(page);
    await page.waitForFunction((at) => (window as unknown as { lastFigures: { at: string } }).lastFigures.at > at, first);
    expect(await page.locator('.route').allTextContents()).toEqual(['POST /both · version 1', 'POST /both · version 2']);
    const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id));
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('keeps rows that are alike, and no more of them with each set of figures', async () => {
    const page = await pages.open((await pages.start()).url);
    const counts = await page.evaluate(`import('/dashboard/files/dom.js').then(({ keep }) => {
      const list = document.createElement('ul');
      const way = { key: (item) => item, create: () => document.createElement('li'), update: () => undefined };
      return [['a', 'a', 'b'], ['a', 'a', 'b'], ['b', 'a']].map((items) => {
        keep(list, items, way);
        return list.children.length;
      });
    })`);
    expect(counts).toEqual([3, 3, 2]);
  });

  it('offers to be loaded anew after the service was started with other handlers', async () => {
    const proxy = new StreamProxy('');
    await proxy.listen();
    try {
      proxy.target = (await pages.start({ providers: [GreetingHandler] })).url;
      const page = await pages.open(proxy.url, { expected: /Failed to load resource|ERR_/ });
      await pages.stop();
      await page.locator('#banner', { hasText: 'Connection lost' }).waitFor();
      proxy.target = (await pages.start({ providers: [GreetingHandler, handlerOf('/new', 'NewHandler')] })).url;
      await page.getByRole('article', { name: 'NewHandler' }).waitFor();
      expect(await page.locator('#banner').isHidden()).toBe(true);
      await page.locator('#notice', { hasText: 'started anew with other handlers' }).waitFor();
      await page.getByRole('button', { name: 'Reload the page' }).click();
      await page.waitForSelector('[data-link="live"]');
      expect(await page.locator('#handler option').allTextContents()).toContain('POST /new · NewHandler');
      expect(await page.locator('#notice').isHidden()).toBe(true);
    } finally {
      await proxy.close();
    }
  });

  it('asks for figures one by one where a proxy holds streams back', async () => {
    const service = await pages.start();
    const proxy = new StreamProxy(service.url);
    proxy.treatment = 'hold';
    await proxy.listen();
    try {
      const page = await pages.open(proxy.url);
      expect(await page.locator('#link').textContent()).toBe('Live, every 5 s');
      expect(await page.locator('#banner').isHidden()).toBe(true);
      expect(await page.getByRole('article').count()).toBe(5);
    } finally {
      await proxy.close();
    }
  });

  it('goes on without a word where a proxy ends streams now and then', async () => {
    const service = await pages.start();
    const proxy = new StreamProxy(service.url);
    proxy.treatment = 10_000; // twice the life that a stream needs to be opened again at once
    await proxy.listen();
    try {
      const page = await pages.open(proxy.url, { expected: /ERR_/ });
      await watchBanner(page);
      while (proxy.streams < 3) await page.waitForTimeout(100);
      const at = await shownAt(page);
      await page.waitForFunction((before) => (window as unknown as { lastFigures: { at: string } }).lastFigures.at > before, at);
      expect([await losses(page), await page.locator('#link').textContent()]).toEqual([0, 'Live']);
    } finally {
      await proxy.close();
    }
  });

  it('notices a connection that died without a word', async () => {
    const service = await pages.start();
    const network = await startCuttingProxy(Number(new URL(service.url).port));
    try {
      const page = await pages.open(`http://127.0.0.1:${network.port}`, { expected: /ERR_/ });
      network.stall();
      await page.locator('#banner', { hasText: 'Connection lost' }).waitFor();
    } finally {
      await network.close();
    }
  });

  it('shows the times of the service, not of a browser whose clock is wrong', async () => {
    const service = await pages.start();
    await service.post('/v1/greetings', { name: 'nobody' });
    const page = await pages.open(service.url, { clockOffByMs: HOUR_MS, timezoneId: 'UTC' });
    const shown = await page.locator('.errors .time').first().textContent();
    const told = await page.evaluate(
      () => (window as unknown as { lastFigures: { stats: { recentErrors: { at: string }[] } } }).lastFigures.stats.recentErrors[0].at,
    );
    expect(shown).toBe(told.slice(11, 19));
    await page.locator('#load tbody th, .as-table tbody th').first().waitFor({ state: 'attached' });
    expect(await page.evaluate(() => Date.now())).toBeGreaterThan(Date.now() + HOUR_MS / 2);
  });
});
